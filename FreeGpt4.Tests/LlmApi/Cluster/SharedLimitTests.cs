using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Cluster;

/// <summary>What a provider without a key allows is for all replicas together.</summary>
public sealed class SharedLimitTests
{
    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Limit_OfEightReplicasThatAskAtOnce_IsKept(string engine)
    {
        const int Limit = 2;
        for (var round = 0; round < Effort.Choose(1, 10); round++)
        {
            await using var database = await SharedDatabase.StartAsync(engine);
            await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
            await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
            var replicas = await StartAsync(8, database, limited, good, Limit);
            try
            {
                var answerers = await Task.WhenAll(
                    from replica in replicas
                    from request in Enumerable.Range(0, Effort.Choose(5, 20))
                    select AnswererAsync(replica));

                answerers.Count(name => name == "Limited").ShouldBe(Limit);
                limited.Chats.Count.ShouldBe(Limit);
                answerers.ShouldAllBe(name => name == "Limited" || name == "Good");
                await Eventually.IsTrue(
                    async () => (await Task.WhenAll(replicas.Select(LeftAsync))).All(left => left == 0),
                    Patience.Limit,
                    "all know that nothing is left",
                    TestContext.Current.CancellationToken);
            }
            finally
            {
                await DisposeAsync(replicas);
            }
        }
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Limit_WithoutTheDatabase_IsDividedAmongTheReplicas()
    {
        await using var database = await SharedDatabase.StartAsync("postgres");
        await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var replicas = await StartAsync(4, database, limited, good, 8, "requestsPerHour");
        try
        {
            await SeenAsync(replicas);
            await database.Server!.StopAsync();

            var answerers = new List<string>();
            foreach (var replica in replicas)
            {
                for (var i = 0; i < 4; i++)
                {
                    answerers.Add(await AnswererAsync(replica));
                }
            }

            answerers.Count(name => name == "Limited").ShouldBe(8);
            limited.Chats.Count.ShouldBe(8, "Two for each of the four.");

            await database.Server.StartAgainAsync();
            await Eventually.IsTrue(
                async () => await database.ReadAsync(context => context.Reservations.CountAsync(TestContext.Current.CancellationToken)) == 8
                    && (await Task.WhenAll(replicas.Select(LeftAsync))).All(left => left == 0),
                Patience.Limit,
                "what was sent meanwhile is known",
                TestContext.Current.CancellationToken);
            (await Task.WhenAll(replicas.Select(AnswererAsync))).ShouldAllBe(name => name == "Good");
            limited.Chats.Count.ShouldBe(8);
        }
        finally
        {
            await DisposeAsync(replicas);
        }
    }

    [Fact]
    public async Task Limit_SmallerThanTheNumberOfReplicas_IsForTheFirstOfThem()
    {
        await using var database = await SharedDatabase.StartAsync("postgres");
        await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var replicas = await StartAsync(4, database, limited, good: null, limit: 2);
        try
        {
            await SeenAsync(replicas);
            await database.Server!.StopAsync();

            foreach (var replica in replicas[..2])
            {
                await Eventually.IsTrue(
                    async () => await AnswererAsync(replica) == "Limited", Patience.Limit, "it knows that the database is gone", TestContext.Current.CancellationToken);
            }

            foreach (var replica in replicas)
            {
                using var refused = await replica.Client.ChatAsync(ChatRequests.Body());
                refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
                int.Parse(refused.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
            }

            limited.Chats.Count.ShouldBe(2);
        }
        finally
        {
            await DisposeAsync(replicas);
        }
    }

    [Fact]
    public async Task Database_ThatTakesNothing_IsWaitedForAMomentOnly()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var replicas = await StartAsync(2, database, limited, good, limit: 2);
        try
        {
            await SeenAsync(replicas);
            await using (await database.LockAsync())
            {
                var waited = Stopwatch.StartNew();
                (await AnswererAsync(replicas[0])).ShouldBe("Limited");
                waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
                (await AnswererAsync(replicas[0])).ShouldBe("Good", "Its share is one.");
                (await AnswererAsync(replicas[1])).ShouldBe("Limited");
            }

            limited.Chats.Count.ShouldBe(2);
        }
        finally
        {
            await DisposeAsync(replicas);
        }
    }

    [Fact]
    public async Task Database_ThatIsSlow_DoesNotMakeMoreOfALimitThatIsSmallerThanTheNumberOfReplicas()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var replicas = await StartAsync(4, database, limited, good, limit: 2);
        try
        {
            await SeenAsync(replicas);
            await using (await database.LockAsync())
            {
                (await Task.WhenAll(replicas.Select(AnswererAsync))).ShouldAllBe(name => name == "Good");
            }

            limited.Chats.ShouldBeEmpty();
        }
        finally
        {
            await DisposeAsync(replicas);
        }
    }

    [Fact]
    public async Task Clock_ThatWasAhead_TakesNoRequestsAndCountsNoReplica()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var first = await StartAsync(1, database, limited, good, limit: 2);
        ProviderApi[] second = [];
        try
        {
            (await AnswererAsync(first[0])).ShouldBe("Limited");
            (await AnswererAsync(first[0])).ShouldBe("Limited");
            var ahead = DateTimeOffset.UtcNow.AddHours(1);
            await database.ReadAsync(async context =>
            {
                context.Replicas.Add(new() { Id = "ahead", Version = "1", Health = "Healthy", SeenAt = ahead });
                await context.SaveChangesAsync(TestContext.Current.CancellationToken);
                return await context.Reservations.ExecuteUpdateAsync(set => set.SetProperty(one => one.At, ahead), TestContext.Current.CancellationToken);
            });

            second = await StartAsync(1, database, limited, good, limit: 2);

            (await AnswererAsync(second[0])).ShouldBe("Limited");
            (await StatusAsync(second[0]))["replicas"]!.AsArray().ShouldNotContain(one => one.Value("id") == "ahead");
        }
        finally
        {
            await DisposeAsync([.. first, .. second]);
        }
    }

    private static async Task<ProviderApi[]> StartAsync(int count, SharedDatabase database, UpstreamServer limited, UpstreamServer? good, int limit, string window = "requestsPerMinute")
    {
        var limits = new JsonObject { [window] = limit };
        return await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() =>
        {
            List<JsonObject> providers = [ProviderApi.Provider("Limited", limited.BaseUrl, ("keyless", true), ("limits", limits.DeepClone()))];
            if (good is not null)
            {
                providers.Add(ProviderApi.Provider("Good", good.BaseUrl));
            }

            return ProviderApi.Start(providers, settings: database.Settings($"replica-{i}"));
        })));
    }

    // Everybody knows of everybody.
    private static Task SeenAsync(ProviderApi[] replicas) => Eventually.IsTrue(
        async () => (await Task.WhenAll(replicas.Select(StatusAsync))).All(status => status["replicas"]!.AsArray().Count == replicas.Length),
        Patience.Limit,
        "all are seen",
        TestContext.Current.CancellationToken);

    private static async Task<string> AnswererAsync(ProviderApi api)
    {
        using var response = await api.Client.ChatAsync(ChatRequests.Body());
        return response.Header("x-freegpt4-provider");
    }

    private static async Task<int?> LeftAsync(ProviderApi api) =>
        (await StatusAsync(api))["providers"]!.AsArray().Single(one => one.Value("name") == "Limited")!["limits"]![0]!["left"]!.GetValue<int>();

    private static async Task<JsonNode> StatusAsync(ProviderApi api)
    {
        using var response = await api.Client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        return await response.JsonAsync();
    }

    private static async Task DisposeAsync(ProviderApi[] replicas)
    {
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }
}
