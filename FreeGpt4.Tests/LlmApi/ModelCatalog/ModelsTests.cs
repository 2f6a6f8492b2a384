using System.Net;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ModelCatalog;

public sealed class ModelsTests
{
    private static readonly (string, string) Unused = ("CUSTOM_BASE_URL", "http://127.0.0.1:9/v1");

    private const string UpstreamList = """
        {"object":"list","data":[
          {"id":"vendor/big:free","object":"model","created":1700000001,"owned_by":"vendor","context_length":8192},{"id":"small"}]}
        """;

    [Fact]
    public async Task Models_OfTheSettings_AreListedAfterAuto()
    {
        await using var api = new LlmApiFactory(demo: true, settings: [Unused, ("CUSTOM_MODELS", "a/b, c")]);
        using var client = api.CreateClient();

        var list = await GetJsonAsync(client, "/v1/models");

        list.Value("object").ShouldBe("list");
        list["data"].ShouldNotBeNull().AsArray().Select(model => model.Value("id")).ShouldBe(["auto", "gpt-4", "gpt-4o", "gpt-4o-mini", "a/b", "c", "demo"]);
        foreach (var model in list["data"].ShouldNotBeNull().AsArray())
        {
            model.ShouldNotBeNull().AsObject().Select(member => member.Key).Order().ShouldBe(["created", "id", "object", "owned_by"]);
            model.Value("object").ShouldBe("model");
        }
    }

    [Fact]
    public async Task Models_OfTheUpstream_AreListedWithAllThatItTells_AndAskedForOnce()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"), Status(200, UpstreamList));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_API_KEY", "sk-test-1")]);
        using var client = api.CreateClient();

        await GetJsonAsync(client, "/v1/models");
        var model = await GetJsonAsync(client, "/v1/models/vendor/big:free");

        model.Value("owned_by").ShouldBe("vendor");
        model.Value("created").ShouldBe("1700000001");
        model.Value("context_length").ShouldBe("8192");
        (await GetJsonAsync(client, "/v1/models/small")).Value("owned_by").ShouldBe("Custom");
        var asked = upstream.ModelLists.ShouldHaveSingleItem();
        (asked.Method, asked.Path).ShouldBe(("GET", "/v1/models"));
        asked.Headers["Authorization"].ShouldBe("Bearer sk-test-1");
    }

    [Fact]
    public async Task Models_ThatNobodyCouldAskFor_AreNotListed()
    {
        var list = $$"""{"data":[{"id":"a\u0000b"},{"id":"line\nbreak"},{"id":"{{new string('x', 257)}}"},{"id":"good"}]}""";
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"), Status(200, list));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        var models = await GetJsonAsync(client, "/v1/models");

        models["data"].ShouldNotBeNull().AsArray().Select(model => model.Value("id")).ShouldBe(["auto", "gpt-4", "gpt-4o", "gpt-4o-mini", "good"]);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    public async Task List_OfTheUpstream_WhenThereIsNone_CostsNothing(int status)
    {
        await using var upstream = await UpstreamServer.StartAsync(Reset(), Status(status, "nothing here"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        (await GetJsonAsync(client, "/models")).ToJsonString().ShouldBe("""["auto","gpt-4","gpt-4o","gpt-4o-mini"]""");
    }

    [Theory]
    [InlineData("/v1/models/a/b", "a/b")]
    [InlineData("/v1/models/a%2Fb", "a/b")]
    [InlineData("/v1/models/custom/a/b", "custom/a/b")]
    [InlineData("/v1/models/auto", "auto")]
    [InlineData("/v1/models/gpt-4o", "gpt-4o")]
    public async Task Model_ByItsId_IsFound(string path, string id)
    {
        await using var api = new LlmApiFactory(settings: [Unused, ("CUSTOM_MODELS", "a/b")]);
        using var client = api.CreateClient();

        (await GetJsonAsync(client, path)).Value("id").ShouldBe(id);
    }

    [Fact]
    public async Task Model_ThatNobodyHas_Is404()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.GetAsync(new Uri("/v1/models/no/such", UriKind.Relative), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.ErrorAsync()).Value("code").ShouldBe("model_not_found");
    }

    [Theory]
    [InlineData("/models", """["auto","gpt-4","gpt-4o","gpt-4o-mini","a","b","demo"]""")]
    [InlineData("/models?provider=", """["auto","gpt-4","gpt-4o","gpt-4o-mini","a","b","demo"]""")]
    [InlineData("/models?provider=Auto", """["auto","gpt-4","gpt-4o","gpt-4o-mini","a","b","demo"]""")]
    [InlineData("/models?provider=cUsToM", """["a","b"]""")]
    public async Task Names_AsTheOlderContractHasThem_AreAnArray(string path, string names)
    {
        await using var api = new LlmApiFactory(demo: true, settings: [Unused, ("CUSTOM_MODELS", "a,b")]);
        using var client = api.CreateClient();

        (await GetJsonAsync(client, path)).ToJsonString().ShouldBe(names);
    }

    [Fact]
    public async Task Names_OfAnUnknownProvider_Are404AndNameTheKnown()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.GetAsync(new Uri("/models?provider=Bing", UriKind.Relative), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldMatch(@"Available: Auto, .*\bDemo\.$");
    }

    [Theory]
    [InlineData("auto", "first/model")]
    [InlineData("AUTO", "first/model")]
    [InlineData("gpt-4o", "first/model")]
    [InlineData("o3-mini", "first/model")]
    [InlineData("claude-sonnet-4-5", "first/model")]
    [InlineData("gemini-2.5-pro", "first/model")]
    [InlineData("SECOND", "second")]
    [InlineData("ollama-x", null)]
    public async Task Name_InAChat_FindsTheModelOfTheList(string requested, string? model)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, demo: true, settings: [("CUSTOM_MODELS", "first/model,second")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(model: requested));

        if (model is null)
        {
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await response.ErrorAsync()).Value("code").ShouldBe("model_not_found");
            upstream.Requests.ShouldBeEmpty();
        }
        else
        {
            response.Header("x-freegpt4-model").ShouldBe(model);
            upstream.Chats.ShouldHaveSingleItem().Body.ShouldContain($"\"model\":\"{model}\"");
        }
    }

    [Theory]
    [InlineData("auto", "vendor/big:free")]
    [InlineData("gpt-4o", "vendor/big:free")]
    [InlineData("SMALL", "small")]
    [InlineData("anything", "anything")]
    public async Task Name_WithoutAList_IsPassedOn_AndAutoIsTheUpstreamsFirst(string requested, string model)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"), Status(200, UpstreamList));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(model: requested));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        upstream.Chats.ShouldHaveSingleItem().Body.ShouldContain($"\"model\":\"{model}\"");
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> GetJsonAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.JsonAsync();
    }
}
