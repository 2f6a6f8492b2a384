using System.Net.Http.Headers;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Usage;

/// <summary>What is written down about a request, by what it came to.</summary>
public sealed class UsageRecordTests
{
    private const string Refusal = """{"error":{"message":"no","type":"server_error"}}""";

    [Fact]
    public async Task Answer_ThatIsWhole_HasTheUpstreamsFigures()
    {
        var record = await OneAsync(Json("answer-complete.json"), client => client.ChatAsync(ChatRequests.Body()));

        (record.Route, record.Provider, record.Model, record.Fallbacks).ShouldBe(("/v1/chat/completions", "Custom", "gpt-4o", 0));
        (record.Status, record.Outcome, record.UserId, record.Replica).ShouldBe((200, Outcome.Answered, null, "a"));
        (record.PromptTokens, record.CompletionTokens, record.IsEstimate).ShouldBe((9, 12, false));
        record.FirstTokenMs.ShouldBeNull();
        record.DurationMs.ShouldBeInRange(0, 60_000);
    }

    [Fact]
    public async Task Stream_WhoseCallerWantsNoFigures_HasTheUpstreamsAllTheSame()
    {
        var sent = "";
        var record = await OneAsync(Events("stream-usage.sse"), async client =>
        {
            var response = await client.ChatAsync(ChatRequests.Body(stream: true));
            sent = await response.TextAsync();
            return response;
        });

        sent.ShouldNotContain("usage");
        (record.Outcome, record.PromptTokens, record.CompletionTokens, record.IsEstimate).ShouldBe((Outcome.Answered, 9, 4, false));
        record.FirstTokenMs.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(record.DurationMs);
    }

    [Fact]
    public async Task Stream_WithoutFigures_HasEstimates()
    {
        var record = await OneAsync(Events("stream-complete.sse"), client => client.ChatAsync(ChatRequests.Body(stream: true)));

        (record.Outcome, record.IsEstimate).ShouldBe((Outcome.Answered, true));
        record.PromptTokens.ShouldBeInRange(3, 20);
        record.CompletionTokens.ShouldBeInRange(3, 20);
    }

    [Fact]
    public async Task Embedding_HasTheTokensOfItsText()
    {
        var record = await OneAsync(
            Body("application/json", """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}"""u8.ToArray()),
            client => client.AskAsync("/v1/embeddings", """{"model":"e","input":"hi"}"""));

        (record.Route, record.PromptTokens, record.CompletionTokens, record.IsEstimate).ShouldBe(("/v1/embeddings", 3, 0, false));
    }

    [Fact]
    public async Task Request_ThatIsWrong_IsRefused()
    {
        var record = await OneAsync(Json("answer-complete.json"), client => client.ChatAsync("{}"));

        (record.Status, record.Outcome, record.Provider, record.PromptTokens).ShouldBe((400, Outcome.Refused, "", 0));
    }

    [Fact]
    public async Task Request_ThatNobodyAnswers_HasFailed()
    {
        var record = await OneAsync(Status(500, Refusal), client => client.ChatAsync(ChatRequests.Body()));

        (record.Status, record.Outcome, record.Provider, record.Model, record.Fallbacks).ShouldBe((503, Outcome.Failed, "", "gpt-4o", 1));
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Error_OfTheOlderContract_HasFailedWhateverItsStatus()
    {
        var record = await OneAsync(
            Status(500, Refusal), client => client.GetAsync(new Uri("/?text=hi", UriKind.Relative), TestContext.Current.CancellationToken), ("COMPAT_STATUS", "200"));

        (record.Status, record.Outcome).ShouldBe((200, Outcome.Failed));
    }

    [Fact]
    public async Task Stream_ThatEndsInTheMiddle_HasBrokenOff()
    {
        var record = await OneAsync(Events("stream-cut.sse"), client => client.ChatAsync(ChatRequests.Body(stream: true)));

        (record.Status, record.Outcome, record.Provider, record.IsEstimate).ShouldBe((200, Outcome.BrokenOff, "Custom", true));
        record.CompletionTokens.ShouldBePositive();
    }

    [Theory(Timeout = Patience.OfTest)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Caller_WhoLeaves_HasCancelled(bool stream)
    {
        var asked = new TaskCompletionSource();
        var record = await OneAsync(
            async context =>
            {
                if (stream)
                {
                    await SendAsync(context, "stream-cut.sse");
                }

                asked.TrySetResult();
                await GoneAsync(context);
            },
            async client =>
            {
                using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
                using var content = new StringContent(ChatRequests.Body(stream), new MediaTypeHeaderValue("application/json"));
                var answer = client.PostAsync(new Uri(ChatRequests.Route, UriKind.Relative), content, leave.Token);
                await asked.Task;
                await leave.CancelAsync();
                await Should.ThrowAsync<OperationCanceledException>(answer);
                return new HttpResponseMessage();
            });

        record.Outcome.ShouldBe(Outcome.Cancelled);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Page_OfHelp_IsNoUse()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using (var api = new LlmApiFactory(demo: true, settings: database.Settings("a")))
        {
            using var client = api.CreateClient();
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Accept.ParseAdd("text/html");
            using var help = await client.SendAsync(request, TestContext.Current.CancellationToken);
            using var models = await client.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
            using var chat = await client.ChatAsync(ChatRequests.Body());
        }

        (await database.ReadAsync(context => context.Usage.Select(one => one.Route).ToListAsync(TestContext.Current.CancellationToken)))
            .ShouldBe(["/v1/chat/completions"]);
    }

    private static async Task<UsageRecord> OneAsync(
        RequestDelegate reply, Func<HttpClient, Task<HttpResponseMessage>> ask, params (string Name, string Value)[] settings)
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await UpstreamServer.StartAsync(reply);
        await using var api = new LlmApiFactory(upstream, settings: [.. database.Settings("a"), .. settings]);
        using var client = api.CreateClient();
        using (var response = await ask(client))
        {
            _ = await response.TextAsync();
        }

        var records = new List<UsageRecord>();
        await Eventually.IsTrue(
            async () => (records = await database.ReadAsync(context => context.Usage.ToListAsync(TestContext.Current.CancellationToken))).Count > 0,
            Patience.Limit,
            "it is written down",
            TestContext.Current.CancellationToken);
        return records.ShouldHaveSingleItem();
    }
}
