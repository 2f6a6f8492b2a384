using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi.Settings;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Providers;

/// <summary><c>POST /api/settings/providers/{name}/test</c></summary>
public sealed class ProviderTrialTests
{
    private const string Stored = "sk-stored-nobody-may-see";
    private const string Given = "sk-given-nobody-may-see";

    [Fact]
    public async Task Trial_OfAProviderThatAnswers_SaysSo()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream, settings: ("CUSTOM_MODELS", "tiny-1"));
        await cluster.Clients[0].PutAsync(("CUSTOM_API_KEY", Stored));

        var reply = await TryAsync(cluster, "custom");

        reply.Value("provider").ShouldBe("Custom");
        reply.Value("asked").ShouldBe("chat");
        reply.Value("model").ShouldBe("tiny-1");
        reply.Value("outcome").ShouldBe("ok");
        reply["latencyMs"].ShouldNotBeNull().GetValue<long>().ShouldBeGreaterThanOrEqualTo(0);
        var chat = upstream.Chats.ShouldHaveSingleItem();
        chat.Headers["Authorization"].ShouldBe($"Bearer {Stored}");
        JsonNode.Parse(chat.Body).Value("max_tokens").ShouldBe("1");
    }

    [Fact]
    public async Task Trial_WithAGivenKey_UsesItAndStoresNothing()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream);
        await cluster.Clients[0].PutAsync(("CUSTOM_API_KEY", Stored));

        var reply = await TryAsync(cluster, "Custom", new() { ["apiKey"] = Given, ["ask"] = "models" });

        reply.Value("asked").ShouldBe("models");
        reply["model"].ShouldBeNull();
        reply.Value("outcome").ShouldBe("ok");
        upstream.ModelLists[^1].Headers["Authorization"].ShouldBe($"Bearer {Given}");
        (await cluster.Clients[0].SettingAsync("CUSTOM_API_KEY")).Value("secret", "count").ShouldBe("1");
    }

    [Fact]
    public async Task Trial_AtAnotherAddress_DoesNotTakeTheStoredKeyThere()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var elsewhere = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream);
        await cluster.Clients[0].PutAsync(("CUSTOM_API_KEY", Stored));

        var reply = await TryAsync(cluster, "Custom", new() { ["baseUrl"] = elsewhere.BaseUrl, ["model"] = "tiny-1" });

        reply.Value("outcome").ShouldBe("ok");
        elsewhere.Chats.ShouldHaveSingleItem().Headers.ShouldNotContainKey("Authorization");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Trial_AtAnotherAddress_DoesNotTakeTheKeyAndTheHeadersOfTheFileThere(string? key)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "providers.json");
        await File.WriteAllTextAsync(
            file,
            $$"""{"providers":[{"name":"Mine","baseUrl":"http://127.0.0.1:9/v1","apiKey":"{{Stored}}","quirks":{"headers":{"x-of-the-file":"a-header"} } }]}""",
            TestContext.Current.CancellationToken);
        await using var elsewhere = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(settings: ("PROVIDERS_FILE", file));

        var reply = await TryAsync(cluster, "Mine", new() { ["baseUrl"] = elsewhere.BaseUrl, ["apiKey"] = key, ["model"] = "tiny-1" });

        reply.Value("outcome").ShouldBe("ok");
        var headers = elsewhere.Chats.ShouldHaveSingleItem().Headers;
        headers.ShouldNotContainKey("Authorization");
        headers.ShouldNotContainKey("x-of-the-file");
    }

    [Theory]
    [InlineData(401, "key")]
    [InlineData(429, "limit")]
    [InlineData(500, "server")]
    [InlineData(400, "rejected")]
    public async Task Trial_OfAProviderThatRefuses_TellsWhyWithoutTheKey(int status, string outcome)
    {
        var refusal = Status(status, "{\"error\":{\"message\":\"Wrong: " + Given + "\",\"type\":\"invalid_request_error\"}}");
        await using var upstream = await UpstreamServer.StartAsync(refusal, refusal);
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream);

        foreach (var ask in new[] { "chat", "models" })
        {
            var reply = await TryAsync(cluster, "Custom", new() { ["apiKey"] = Given, ["model"] = "m", ["ask"] = ask });

            reply.Value("asked").ShouldBe(ask);
            reply.Value("outcome").ShouldBe(outcome);
            reply.Value("message").ShouldNotBeNull().ShouldStartWith("Custom ");
            reply.ToJsonString().ShouldNotContain("nobody-may-see");
        }
    }

    [Fact]
    public async Task Trial_OfAProviderThatIsNotThere_SaysThatItCannotBeReached()
    {
        await using var cluster = await SettingsCluster.StartAsync();

        var reply = await TryAsync(cluster, "Custom", new() { ["baseUrl"] = $"http://127.0.0.1:{FreePorts.Next()}/v1", ["model"] = "m" });

        reply.Value("outcome").ShouldBe("unreachable");
        reply.Value("message").ShouldBe("Custom cannot be reached: check that it runs, and CUSTOM_BASE_URL.");
    }

    [Theory]
    [InlineData("""{"error":{"message":"","type":"invalid_request_error"}}""")]
    [InlineData("""{"error":{"message":null}}""")]
    [InlineData("""{"error":""}""")]
    public async Task Trial_OfAProviderThatRefusesWithoutAWord_SaysThatItDid(string body)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(400, body));
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream);

        var reply = await TryAsync(cluster, "Custom", new() { ["model"] = "m" });

        reply.Value("message").ShouldBe("Custom rejected the request (HTTP 400): The request was rejected.");
    }

    [Fact]
    public async Task Trial_OfAProviderThatIsNotSetUp_SaysWhatToDo()
    {
        await using var cluster = await SettingsCluster.StartAsync();

        var reply = await TryAsync(cluster, "Groq");

        reply["asked"].ShouldBeNull();
        reply.Value("outcome").ShouldBe("not_set_up");
        reply.Value("message").ShouldNotBeNull().ShouldContain("GROQ_API_KEY");
    }

    [Theory]
    [InlineData("Nobody", "{}", 404)]
    [InlineData("Custom", """{"apiKey":"a b"}""", 400)]
    [InlineData("Custom", """{"baseUrl":"x"}""", 400)]
    [InlineData("Custom", """{"ask":"nicely"}""", 400)]
    [InlineData("Custom", """{"key":"sk-nobody-may-see"}""", 400)]
    [InlineData("Custom", "sk-nobody-may-see", 400)]
    public async Task Trial_ThatCannotBeMade_IsRefused(string provider, string body, int status)
    {
        await using var cluster = await SettingsCluster.StartAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await cluster.Clients[0].PostAsync(
            $"{SettingsRequests.Route}/providers/{provider}/test", content, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldNotContain("nobody-may-see");
    }

    [Fact]
    public async Task Trial_OfMoreThanAnyoneNeeds_IsTooLarge()
    {
        await using var cluster = await SettingsCluster.StartAsync();

        using var response = await cluster.Clients[0].PostAsJsonAsync(
            $"{SettingsRequests.Route}/providers/Custom/test", new JsonObject { ["apiKey"] = new string('k', 64 << 10) }, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.ErrorAsync()).Value("code").ShouldBe("request_too_large");
    }

    private static async Task<JsonNode> TryAsync(SettingsCluster cluster, string provider, JsonObject? trial = null)
    {
        using var response = trial is null
            ? await cluster.Clients[0].PostAsync($"{SettingsRequests.Route}/providers/{provider}/test", content: null, TestContext.Current.CancellationToken)
            : await cluster.Clients[0].PostAsJsonAsync($"{SettingsRequests.Route}/providers/{provider}/test", trial, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        return await response.JsonAsync();
    }
}
