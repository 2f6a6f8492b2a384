using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Providers;

/// <summary>What reaches an upstream that departs from the format. All that need not change stays as it came.</summary>
public sealed class RequestQuirksTests
{
    [Theory]
    [InlineData(
        """{"stripFields":["a","b"]}""",
        """{"a":1, "model":"gpt-4o","b":{"c":[2]},"messages":[{"role":"user","content":"hi"}],"b":3 , "a":4}""",
        """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData(
        """{"stripFields":["a","b"]}""",
        """{"model":"gpt-4o","a":1,"b":2,"messages":[{"role":"user","content":"hi","a":5}],"x":1.0e0}""",
        """{"model":"gpt-4o","messages":[{"role":"user","content":"hi","a":5}],"x":1.0e0}""")]
    [InlineData(
        """{"contentAsString":true}""",
        """{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"a\u00e9"},{"text":"b\"","type":"text"}]},{"role":"user","content":"c"}]}""",
        """{"model":"gpt-4o","messages":[{"role":"user","content":"a\u00e9\nb\""},{"role":"user","content":"c"}]}""")]
    [InlineData(
        """{"contentAsString":true}""",
        """{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]}]}""",
        """{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]}]}""")]
    [InlineData(
        """{"nullContentAsEmpty":true}""",
        """{"model":"gpt-4o","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","content":null}]}]}""",
        """{"model":"gpt-4o","messages":[{"role":"assistant","content":"","tool_calls":[{"id":"1","content":null}]}]}""")]
    [InlineData(
        """{"minMaxTokens":16,"stopAsArray":true}""",
        """{"max_tokens":5,"stop":"\n","model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":17}""",
        """{"max_tokens":16,"stop":["\n"],"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":17}""")]
    [InlineData(
        """{"minMaxTokens":16,"stopAsArray":true}""",
        """{"max_tokens":null,"stop":["a"],"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""",
        """{"max_tokens":null,"stop":["a"],"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData(
        """{"modelPrefix":"models/","stripFields":["z"]}""",
        """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""",
        """{"model":"models/gpt-4o","messages":[{"role":"user","content":"hi"}]}""")]
    public async Task Request_IsMadeToSuitTheUpstream(string quirks, string sent, string arrives)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = ProviderApi.Start([ProviderApi.Provider("Odd", upstream.BaseUrl, ("quirks", JsonNode.Parse(quirks)))]);

        using var response = await api.Client.ChatAsync(sent);

        response.Header("x-freegpt4-provider").ShouldBe("Odd");
        upstream.Chats.ShouldHaveSingleItem().Body.ShouldBe(arrives);
    }

    [Fact]
    public async Task Headers_OfAProvider_GoWithEachRequest()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var quirks = new JsonObject { ["headers"] = new JsonObject { ["X-Title"] = "FreeGpt4" } };
        await using var api = ProviderApi.Start([ProviderApi.Provider("Odd", upstream.BaseUrl, ("quirks", quirks), ("apiKey", "sk-1"))]);

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        var headers = upstream.Chats.ShouldHaveSingleItem().Headers;
        headers["X-Title"].ShouldBe("FreeGpt4");
        headers["Authorization"].ShouldBe("Bearer sk-1");
    }

    [Theory]
    [InlineData("""{"auth":"fixed","fixedKey":"0000000000"}""", "Bearer 0000000000")]
    [InlineData("""{"auth":"fixed","fixedKey":"0000000000","apiKey":"own"}""", "Bearer own")]
    [InlineData("""{"auth":"none","apiKey":"own"}""", null)]
    [InlineData("{}", null)]
    public async Task Key_FollowsTheWayToAuthenticate(string members, string? authorization)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var provider = ProviderApi.Provider("Odd", upstream.BaseUrl);
        foreach (var (name, value) in JsonNode.Parse(members)!.AsObject())
        {
            provider[name] = value?.DeepClone();
        }

        await using var api = ProviderApi.Start([provider]);
        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        upstream.Chats.ShouldHaveSingleItem().Headers.GetValueOrDefault("Authorization").ShouldBe(authorization);
    }
}
