using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Data.Sqlite;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>Replicas that end without a word while they write.</summary>
public sealed class KilledTests
{
    private const string Route = "/api/conversations";
    private const int Writers = 3;

    [Fact]
    public async Task Replica_KilledDuringWrites_LosesNoneThatWasAcknowledged()
    {
        using var folder = new TemporaryFolder();
        var acknowledged = new ConcurrentQueue<string>();
        var cookies = new CookieContainer();
        var conversation = "";
        await using var other = Start(folder);
        var otherAddress = await other.AddressAsync();
        for (var time = 0; time < Effort.Choose(3, 100); time++)
        {
            await using var replica = Start(folder);
            var address = await replica.AddressAsync();
            if (conversation.Length == 0)
            {
                conversation = await CreateAsync(address, cookies);
            }

            // Cookies are a host's, whatever its port.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var (round, before) = (time, acknowledged.Count);
            var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteUntilAsync(
                writer == 0 ? otherAddress : address, cookies, conversation, $"{round}-{writer}", acknowledged, stop.Token))).ToList();
            var wanted = before + Random.Shared.Next(5, 40);
            await Eventually.IsTrue(() => acknowledged.Count >= wanted, Patience.Limit, "writes", TestContext.Current.CancellationToken);
            await replica.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(writers);

            // Beside those that run, as the next to start would find it.
            Check(folder, acknowledged);
            if (acknowledged.Count > 1500)
            {
                (conversation, acknowledged) = ("", []);
                await using var fresh = Start(folder);
                conversation = await CreateAsync(await fresh.AddressAsync(), cookies);
            }
        }
    }

    private static void Check(TemporaryFolder folder, IEnumerable<string> acknowledged)
    {
        using var database = new SqliteConnection($"Data Source={Path.Combine(folder.Path, "freegpt4.db")};Mode=ReadWrite;Pooling=False");
        database.Open();
        using var check = database.CreateCommand();
        check.CommandText = "PRAGMA integrity_check";
        check.ExecuteScalar().ShouldBe("ok");
        using var read = database.CreateCommand();
        read.CommandText = "SELECT content FROM messages";
        using var rows = read.ExecuteReader();
        var stored = new HashSet<string>();
        while (rows.Read())
        {
            stored.Add(rows.GetString(0).Trim('"'));
        }

        acknowledged.Except(stored).ShouldBeEmpty();
    }

    private static ServiceProcess Start(TemporaryFolder folder) => ServiceProcess.Start(
        "FreeGpt4.LlmApi",
        ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("FALLBACK_PROVIDERS", "Custom"), ("LOG_LEVEL", "INFO"), ("DATA_DIR", folder.Path), ("ALLOWED_HOSTS", "*"));

    private static async Task<string> CreateAsync(Uri address, CookieContainer cookies)
    {
        using var client = Client(address, cookies);
        using var greeted = await client.GetAsync(Route, TestContext.Current.CancellationToken);
        using var made = await client.PostAsync(Route, Json("{}"), TestContext.Current.CancellationToken);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        return JsonNode.Parse(await made.TextAsync()).Value("id").ShouldNotBeNull();
    }

    private static async Task WriteUntilAsync(
        Uri address, CookieContainer cookies, string conversation, string writer, ConcurrentQueue<string> acknowledged, CancellationToken stop)
    {
        using var client = Client(address, cookies);
        try
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                var text = $"{writer}-{number}";
                using var written = await client.PostAsync(
                    $"{Route}/{conversation}/messages", Json($$"""{"messages":[{"role":"user","content":"{{text}}"}]}"""), CancellationToken.None);
                if (written.StatusCode is HttpStatusCode.Created)
                {
                    acknowledged.Enqueue(text);
                }
            }
        }
        catch (HttpRequestException)
        {
            // It was killed before it could acknowledge this one.
            return;
        }
    }

    private static HttpClient Client(Uri address, CookieContainer cookies)
    {
        var client = new HttpClient(new HttpClientHandler { CookieContainer = cookies }) { BaseAddress = address };
        client.DefaultRequestHeaders.Add("x-freegpt4-csrf", "1");
        return client;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
