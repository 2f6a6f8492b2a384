using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Conversations.History;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Conversations;

/// <summary>Questions in the address continue a conversation, for users who have one.</summary>
public sealed class TextHistoryTests
{
    [Fact]
    public async Task Question_OfAUserWithHistory_ContinuesAtAnotherReplica()
    {
        using var data = new TemporaryFolder();
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Json("answer-complete.json"));
        await using var first = Api(upstream, data);
        await using var second = Api(upstream, data);
        var user = Guid.NewGuid();

        var answer = await AskAsync(first, "one?", user);
        await AskAsync(second, "two?", user);

        MessagesOf(upstream.Chats[0]).ShouldBe(["user: one?"]);
        MessagesOf(upstream.Chats[1]).ShouldBe(["user: one?", $"assistant: {answer}", "user: two?"]);
        using var client = ConversationClient.User(first, user);
        var kept = (await client.ListAsync()).ShouldHaveSingleItem();
        kept.Value("messageCount").ShouldBe("4");
    }

    [Fact]
    public async Task Question_OfNobody_StandsAlone()
    {
        using var data = new TemporaryFolder();
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Json("answer-complete.json"));
        await using var api = Api(upstream, data, ("HISTORY", "true"));

        await AskAsync(api, "one?");
        await AskAsync(api, "two?");
        await AskAsync(api, "three?", Guid.NewGuid());

        upstream.Chats.Select(chat => MessagesOf(chat).Count).ShouldBe([1, 1, 1]);
    }

    [Fact]
    public async Task History_ThatGrowsLong_KeepsTheNewerHalf()
    {
        using var data = new TemporaryFolder();
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Json("answer-complete.json"));
        await using var api = Api(upstream, data);
        var user = Guid.NewGuid();
        for (var number = 0; number < 102; number++)
        {
            await AskAsync(api, $"question {number}", user);
        }

        var store = api.Services.GetRequiredService<StateStore>();
        var kept = await store.ReadAsync(
            context => context.Conversations.Include(one => one.Messages).SingleAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

        kept.Id.ShouldBe(TextHistory.ConversationOf(user));
        kept.MessageCount.ShouldBe(kept.Messages.Count);
        kept.Messages.Count.ShouldBeLessThanOrEqualTo(200);
        kept.Messages.Select(message => message.Position).Order().ShouldBe(Enumerable.Range(0, kept.MessageCount));
        kept.Messages.MaxBy(message => message.Position - 1)!.Role.ShouldBe("assistant");
        MessagesOf(upstream.Chats[^1]).Count.ShouldBe(21);
    }

    [Fact]
    public async Task Question_WithTheDatabaseGone_IsAnsweredWithoutHistory()
    {
        using var data = new TemporaryFolder();
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Json("answer-complete.json"));
        await using var api = Api(upstream, data);
        var user = Guid.NewGuid();
        await AskAsync(api, "one?", user);
        foreach (var file in Directory.GetFiles(data.Path, "freegpt4.db*"))
        {
            File.Delete(file);
        }

        await AskAsync(api, "two?", user);

        MessagesOf(upstream.Chats[1]).ShouldBe(["user: two?"]);
    }

    private static LlmApiFactory Api(UpstreamServer upstream, TemporaryFolder data, params (string Name, string Value)[] settings) =>
        new(upstream, configure: ConversationClient.KnowUsers, settings: [("DATA_DIR", data.Path), .. settings]);

    private static async Task<string> AskAsync(LlmApiFactory api, string question, Guid? user = null)
    {
        using var client = api.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/?text={Uri.EscapeDataString(question)}");
        if (user is not null)
        {
            request.Headers.Add("x-test-user", $"{user}");
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.TextAsync();
    }

    private static List<string> MessagesOf(UpstreamRequest chat) =>
        [.. JsonNode.Parse(chat.Body)!["messages"]!.AsArray().Select(message => $"{message.Value("role")}: {message.Value("content")}")];
}
