using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ModelCatalog;

/// <summary>From the name in a request to the provider and model that answer.</summary>
public sealed class RoutingTests
{
    [Theory]
    [InlineData("auto", "One", "a")]
    [InlineData("gpt-4o", "One", "a")]
    [InlineData("b", "One", "b")]
    [InlineData("C", "Two", "c")]
    [InlineData("two/c", "Two", "c")]
    [InlineData("TWO/auto", "Two", "c")]
    [InlineData("two/gpt-4o", "Two", "c")]
    [InlineData("vendor/d", "Two", "vendor/d")]
    [InlineData("two/vendor/d", "Two", "vendor/d")]
    [InlineData("fast", "Two", "c")]
    [InlineData("Smart", "One", "b")]
    [InlineData("just-two", "Two", "c")]
    [InlineData("gpt-4", "Two", "vendor/d")]
    [InlineData("no-such", null, null)]
    [InlineData("two/no-such", null, null)]
    [InlineData("nobody/a", null, null)]
    public async Task Name_OfAModel_FindsProviderAndModel(string name, string? provider, string? model)
    {
        await using var one = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var two = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(one, two);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(model: name));

        if (provider is null)
        {
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await response.ErrorAsync()).Value("code").ShouldBe("model_not_found");
            one.Chats.Concat(two.Chats).ShouldBeEmpty();
        }
        else
        {
            response.Header("x-freegpt4-provider").ShouldBe(provider);
            response.Header("x-freegpt4-model").ShouldBe(model);
            JsonNode.Parse(one.Chats.Concat(two.Chats).ShouldHaveSingleItem().Body).Value("model").ShouldBe(model);
        }
    }

    [Theory]
    [InlineData("two", "gpt-4o", "Two")]
    [InlineData("TWO", "two/c", "Two")]
    [InlineData("auto", "c", "Two")]
    [InlineData("", "gpt-4o", "One")]
    public async Task Header_OfARequest_NamesTheProvider(string header, string model, string provider)
    {
        await using var one = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var two = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(one, two);
        api.Client.DefaultRequestHeaders.Add("x-freegpt4-provider", header);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(model: model));

        response.Header("x-freegpt4-provider").ShouldBe(provider);
    }

    [Fact]
    public async Task Header_WithAnUnknownProvider_Is404AndNamesTheKnown()
    {
        await using var one = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(one, one);
        api.Client.DefaultRequestHeaders.Add("x-freegpt4-provider", "Bing");

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldMatch("'Bing' is not available. Available: Auto, .*One, Two");
    }

    [Fact]
    public async Task Provider_ThatIsNamed_IsNotReplacedByAnother()
    {
        await using var one = await UpstreamServer.StartAsync(Status(500, "{}"));
        await using var two = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(one, two);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(model: "one/a"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        two.Chats.ShouldBeEmpty();
    }

    [Fact]
    public async Task Provider_ThatIsNamedAndNotSetUp_SaysWhatToSet()
    {
        await using var one = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = ProviderApi.Start([ProviderApi.Provider("One", one.BaseUrl)]);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(model: "groq/llama-3.1-8b-instant"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Header("x-should-retry").ShouldBe("false");
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldContain("Groq is not set up: set GROQ_API_KEY.");
        one.Chats.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "", "Answerer")]
    [InlineData("Second", "", "Second")]
    [InlineData("sECOND", "", "Second")]
    [InlineData("Groq", "", "Answerer")]
    [InlineData("", "Second,Answerer", "Second")]
    [InlineData("", "Answerer,Second", "Answerer")]
    [InlineData("Second", "Answerer", "Second")]
    public async Task Order_FollowsTheSettings(string provider, string fallbacks, string answers)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var nowhere = $"http://127.0.0.1:{FreePorts.Next()}/v1";
        await using var api = ProviderApi.Start(
            [ProviderApi.Provider("Answerer", upstream.BaseUrl), ProviderApi.Provider("Second", upstream.BaseUrl)],
            settings: [("PROVIDER", provider), ("FALLBACK_PROVIDERS", fallbacks), .. Offline(nowhere)]);

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.Header("x-freegpt4-provider").ShouldBe(answers);
    }

    [Fact]
    public async Task Tools_GoToThoseWhoCanCallThem()
    {
        await using var one = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var two = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = ProviderApi.Start(
        [
            ProviderApi.Provider("One", one.BaseUrl, ("quirks", new JsonObject { ["noTools"] = true })),
            ProviderApi.Provider("Two", two.BaseUrl),
        ]);

        using var response = await api.Client.ChatAsync(
            """{"model":"auto","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f"}}]}""");

        response.Header("x-freegpt4-provider").ShouldBe("Two");
        one.Chats.ShouldBeEmpty();
    }

    [Fact]
    public async Task Machine_WithoutNetworkAndServers_AnswersByTheDemo()
    {
        var nowhere = $"http://127.0.0.1:{FreePorts.Next()}/v1";
        await using var api = new LlmApiFactory(demo: true, settings: [("FALLBACK_PROVIDERS", ""), .. Offline(nowhere)]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe("Demo");
        response.Header("x-freegpt4-fallbacks").ShouldBe("0", "Those who are not there are not asked.");
    }

    [Theory]
    [InlineData("""{"data":[{"id":"llama3:latest"}]}""", "Ollama", "llama3:latest")]
    [InlineData("""[{"id":"llama3:latest"}]""", "Ollama", "llama3:latest")]
    [InlineData("""{"data":[]}""", "Demo", "demo")]
    [InlineData("<html>Some other server</html>", "Demo", "demo")]
    public async Task ServerOnThisMachine_CountsWhenItListsAModel(string list, string provider, string model)
    {
        await using var ollama = await UpstreamServer.StartAsync(Json("answer-complete.json"), Status(200, list));
        await using var api = new LlmApiFactory(demo: true, settings: [("FALLBACK_PROVIDERS", "Ollama,Demo"), ("OLLAMA_BASE_URL", ollama.BaseUrl)]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.Header("x-freegpt4-provider").ShouldBe(provider);
        response.Header("x-freegpt4-model").ShouldBe(model);
    }

    [Fact]
    public async Task ServerOnThisMachine_WhoIsOneOfUs_IsNotAsked()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var inner = new LlmApiFactory(upstream, demo: true);
        using var innerClient = inner.CreateClient();
        await using var api = new LlmApiFactory(
            demo: true, settings: [("FALLBACK_PROVIDERS", "VLLM,Demo"), ("VLLM_BASE_URL", $"{innerClient.BaseAddress}v1")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.Header("x-freegpt4-provider").ShouldBe("Demo");
    }

    private static ProviderApi Start(UpstreamServer one, UpstreamServer two) => ProviderApi.Start(
        [
            ProviderApi.Provider("One", one.BaseUrl, ("models", new JsonArray("a", "b"))),
            ProviderApi.Provider("Two", two.BaseUrl, ("models", new JsonArray("c", "vendor/d"))),
        ],
        aliases: new JsonObject { ["smart"] = new JsonArray("groq/x", "one/b"), ["gpt-4"] = new JsonArray("two/vendor/d") },
        settings: ("MODEL_ALIASES", "fast = two/c, one/a; just-two=two"));

    /// <summary>Nobody whom the program knows by itself is where it would be looked for.</summary>
    private static IEnumerable<(string Name, string Value)> Offline(string nowhere) =>
        ((string[])["OVH", "LLM7", "AIHORDE", "KILO", "OLLAMA", "LMSTUDIO", "LLAMACPP", "VLLM"]).Select(name => ($"{name}_BASE_URL", nowhere));
}
