using System.Globalization;
using System.Net;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Hosting;

public sealed class ReplyHeadersTests
{
    [Theory]
    [InlineData("my-id_1.2", true)]
    [InlineData("has space", false)]
    [InlineData("<script>", false)]
    [InlineData("", false)]
    public async Task RequestId_ThatIsAPlainToken_IsKept(string sent, bool isKept)
    {
        await using var api = new LlmApiFactory(demo: true);

        foreach (var path in (string[])["/?text=hi", "/models", "/health", "/nowhere"])
        {
            var id = await RequestIdAsync(api, path, sent);

            (id == sent).ShouldBe(isKept);
            id.ShouldMatch("^[A-Za-z0-9._-]{1,128}$");
        }
    }

    [Fact]
    public async Task RequestId_OfMoreThan128Characters_IsReplaced()
    {
        await using var api = new LlmApiFactory(demo: true);

        (await RequestIdAsync(api, "/models", new string('a', 128))).Length.ShouldBe(128);
        (await RequestIdAsync(api, "/models", new string('a', 129))).ShouldStartWith("req_");
    }

    [Fact]
    public async Task RequestId_ThatNobodySent_IsNewEachTime()
    {
        await using var api = new LlmApiFactory(demo: true);

        (await RequestIdAsync(api, "/models", "")).ShouldNotBe(await RequestIdAsync(api, "/models", ""));
    }

    [Theory]
    [InlineData("replica-7", "", "replica-7")]
    [InlineData("", "service.name=llm-api, service.instance.id=x7%20f3", "x7-f3")]
    public async Task Replica_ByItsSettings_IsNamed(string id, string attributes, string replica)
    {
        await using var api = new LlmApiFactory(demo: true, settings: [("REPLICA_ID", id), ("OTEL_RESOURCE_ATTRIBUTES", attributes)]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.Header("x-freegpt4-replica").ShouldBe(replica);
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/nowhere")]
    public async Task ProcessingTime_OfEveryReply_IsTold(string path)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        response.Header("openai-processing-ms").ShouldMatch("^[0-9]+$");
    }

    [Fact]
    public async Task Unavailable_WithoutATimeFromTheUpstream_SaysWhenToTryAgain()
    {
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Status(500, "{}"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        // What is left of a cool-down, to the millisecond, and the next whole second.
        var milliseconds = int.Parse(response.Header("retry-after-ms"), CultureInfo.InvariantCulture);
        int.Parse(response.Header("Retry-After"), CultureInfo.InvariantCulture).ShouldBe((milliseconds + 999) / 1000);
        response.Headers.Contains("x-should-retry").ShouldBeFalse();
    }

    private static async Task<string> RequestIdAsync(LlmApiFactory api, string path, string sent)
    {
        using var client = api.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("x-request-id", sent).ShouldBeTrue();
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return response.Header("x-request-id");
    }
}
