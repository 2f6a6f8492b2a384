using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi.State;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.LlmApi.Conversations.ConversationClient;

namespace FreeGpt4.Tests.LlmApi.Conversations;

/// <summary>Conversations are kept for their owner, and for nobody else.</summary>
public sealed class ConversationTests
{
    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Conversation_FromFirstToLast_IsKeptByAllReplicas(string engine)
    {
        await using var set = await ReplicaSet.StartAsync(engine, count: 2);
        using var browser = await BrowserAsync(set.Replicas[0]);

        var id = await browser.CreateAsync("Ducks", Message("user", "Why do \"ducks\" float? \ud83e\udd86"));
        var appended = await browser.AskAsync(
            HttpMethod.Post,
            $"{id}/messages",
            new JsonObject
            {
                ["position"] = 1,
                ["messages"] = new JsonArray(
                    new JsonObject { ["role"] = "assistant", ["content"] = "Air & oil.", ["details"] = new JsonObject { ["provider"] = "Demo" } },
                    new JsonObject { ["role"] = "user", ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "And swans?" }) }),
            },
            HttpStatusCode.Created);
        appended["messages"]!.AsArray().Count.ShouldBe(2);

        var read = await browser.AskAsync(HttpMethod.Get, id);
        read["messages"]!.AsArray().Select(message => message.Value("content")).ShouldBe(
            ["Why do \"ducks\" float? \ud83e\udd86", "Air & oil.", """[{"type":"text","text":"And swans?"}]"""]);
        read.Value("messages", 1, "details", "provider").ShouldBe("Demo");
        read.Value("messageCount").ShouldBe("3");

        var edited = await browser.AskAsync(HttpMethod.Put, $"{id}/messages/1", With(Message("user", "Never mind.")));
        edited.Value("messageCount").ShouldBe("2");
        var renamed = await browser.AskAsync(HttpMethod.Patch, id, new JsonObject { ["title"] = "Swans", ["model"] = "gpt-4o", ["parameters"] = new JsonObject { ["temperature"] = 0 } });
        renamed.Value("title").ShouldBe("Swans");
        renamed.Value("parameters", "temperature").ShouldBe("0");
        renamed["messages"]!.AsArray().Select(message => message.Value("content")).ShouldBe(["Why do \"ducks\" float? \ud83e\udd86", "Never mind."]);
        (await browser.AskAsync(HttpMethod.Patch, id, new JsonObject { ["model"] = null })).Value("model").ShouldBeNull();

        var export = await browser.AskAsync(HttpMethod.Get, "export");
        export.Value("conversations", 0, "messages", 1, "content").ShouldBe("Never mind.");
        (await browser.AskAsync(HttpMethod.Get, $"{id}/export")).Value("conversations", 0, "title").ShouldBe("Swans");

        using var deleted = await browser.SendAsync(HttpMethod.Delete, id);
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var gone = await browser.SendAsync(HttpMethod.Get, id);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gone.ErrorAsync()).Value("code").ShouldBe("conversation_not_found");
        await browser.CreateAsync("one");
        await browser.CreateAsync("two");
        (await browser.AskAsync(HttpMethod.Delete, "")).Value("deleted").ShouldBe("2");
        (await set.Stores[1].ReadAsync(context => context.Messages.CountAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken)).ShouldBe(0);
    }

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Conversation_WithIdOfTheCallersChoice_IsThereOnceWhoeverSendsItAgain(string engine)
    {
        await using var set = await ReplicaSet.StartAsync(engine, count: 1);
        using var browser = await BrowserAsync(set.Replicas[0]);
        using var other = await BrowserAsync(set.Replicas[0]);
        var id = Guid.NewGuid().ToString();
        JsonObject New(string title) => new() { ["id"] = id, ["title"] = title, ["messages"] = new JsonArray(Message("user", title)) };

        (await browser.AskAsync(HttpMethod.Post, "", New("first"), HttpStatusCode.Created)).Value("id").ShouldBe(id);
        foreach (var sender in (ConversationClient[])[browser, other])
        {
            using var again = await sender.SendAsync(HttpMethod.Post, "", New("again"));
            again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await again.ErrorAsync()).Value("code").ShouldBe("conversation_exists");
        }

        (await browser.AskAsync(HttpMethod.Get, id)).Value("messages", 0, "content").ShouldBe("first");
        (await browser.ListAsync()).Count.ShouldBe(1);
        (await other.ListAsync()).Count.ShouldBe(0);
        foreach (var wrong in (JsonNode?[])["", "1", 7, null, "00000000-0000-0000-0000-000000000000", "\ud800"])
        {
            using var refused = await browser.SendAsync(HttpMethod.Post, "", new JsonObject { ["id"] = wrong?.DeepClone() });
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await refused.ErrorAsync()).Value("param").ShouldBe("id");
        }
    }

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Search_FindsLettersOfAnyCaseAndNothingInPictures(string engine)
    {
        await using var set = await ReplicaSet.StartAsync(engine, count: 1);
        using var browser = await BrowserAsync(set.Replicas[0]);
        var picture = new JsonObject
        {
            ["role"] = "user",
            ["content"] = new JsonArray(
                new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "data:image/png;base64,iVBORwords" } },
                new JsonObject { ["type"] = "text", ["text"] = "Что на снимке? Straße" }),
        };
        await browser.CreateAsync("Первая БЕСЕДА", picture);
        await browser.CreateAsync("Second", Message("user", "It says \"data:iVBOR\" in the text."));
        using var other = await BrowserAsync(set.Replicas[0]);
        await other.CreateAsync("Беседа of somebody else", Message("user", "на снимке"));

        foreach (var (search, count) in ((string, int)[])[("беседа", 1), ("НА СНИМКЕ", 1), ("straße", 1), ("SECOND", 1), ("words", 0), ("base64", 0), ("%", 0), ("\"data", 1)])
        {
            (await browser.ListAsync($"?search={Uri.EscapeDataString(search)}")).Count.ShouldBe(count, search);
        }
    }

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task List_SearchedAndPaged_HasEachConversationOnce(string engine)
    {
        await using var set = await ReplicaSet.StartAsync(engine, count: 1);
        using var browser = await BrowserAsync(set.Replicas[0]);
        for (var number = 0; number < 7; number++)
        {
            await browser.CreateAsync($"Number {number}", Message("user", number % 2 == 0 ? "100% \"Even\"\n_" : "odd"));
        }

        var titles = new List<string?>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await browser.AskAsync(HttpMethod.Get, $"?limit=3{(cursor is "" ? "" : $"&cursor={cursor}")}");
            titles.AddRange(page["data"]!.AsArray().Select(one => one.Value("title")));
            cursor = page.Value("nextCursor");
        }

        titles.Order().ShouldBe(Enumerable.Range(0, 7).Select(number => $"Number {number}"));
        (await browser.ListAsync("?search=number+4")).Count.ShouldBe(1);
        (await browser.ListAsync("?search=100%25+%22even%22%0A_")).Count.ShouldBe(4);
        (await browser.ListAsync("?search=%25")).Count.ShouldBe(4);
        (await browser.ListAsync("?search=nobody")).Count.ShouldBe(0);
        foreach (var bad in (string[])["?limit=0", "?limit=x", "?cursor=x", "?cursor=1_2", $"?search={new string('x', 300)}"])
        {
            (await browser.AskAsync(HttpMethod.Get, bad, status: HttpStatusCode.BadRequest)).Value("error", "type").ShouldBe("invalid_request_error");
        }
    }

    [Fact]
    public async Task Conversations_OfOthers_AreNotThere()
    {
        await using var api = new LlmApiFactory(demo: true, configure: KnowUsers);
        using var browser = await BrowserAsync(api);
        using var otherBrowser = await BrowserAsync(api);
        using var user = User(api, Guid.NewGuid());
        using var otherUser = User(api, Guid.NewGuid());
        ConversationClient[] all = [browser, otherBrowser, user, otherUser];

        foreach (var owner in all)
        {
            var id = await owner.CreateAsync("secret", Message("user", "mine"));
            foreach (var other in all.Except([owner]))
            {
                var attempts = new (HttpMethod Method, string Path, JsonNode? Body)[]
                {
                    (HttpMethod.Get, id, null), (HttpMethod.Get, $"{id}/export", null), (HttpMethod.Delete, id, null),
                    (HttpMethod.Patch, id, new JsonObject { ["title"] = "x" }),
                    (HttpMethod.Post, $"{id}/messages", With()), (HttpMethod.Put, $"{id}/messages/0", With()),
                };
                foreach (var (method, path, body) in attempts)
                {
                    await other.AskAsync(method, path, body, HttpStatusCode.NotFound);
                }

                (await other.AskAsync(HttpMethod.Delete, "")).Value("deleted").ShouldBe("0");
                (await other.AskAsync(HttpMethod.Get, "export"))["conversations"]!.AsArray().ShouldBeEmpty();
            }

            (await owner.ListAsync()).Count.ShouldBe(1);
            (await owner.AskAsync(HttpMethod.Delete, "")).Value("deleted").ShouldBe("1");
        }
    }

    [Fact]
    public async Task Program_WithoutCookie_HasNone()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var browser = await BrowserAsync(api);
        var id = await browser.CreateAsync("a browser's");
        using var program = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = AddressOf(api) };

        using var list = await program.GetAsync(Route, TestContext.Current.CancellationToken);
        (await list.JsonAsync())["data"]!.AsArray().ShouldBeEmpty();
        var cookie = list.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=lax", Case.Insensitive);

        using var made = await program.AskAsync(Route, "{}");
        made.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await made.ErrorAsync()).Value("code").ShouldBe("no_owner");
        using var read = await program.GetAsync($"{Route}/{id}", TestContext.Current.CancellationToken);
        read.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Cookie_Forged_IsNobodys()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var browser = await BrowserAsync(api);
        await browser.CreateAsync("a browser's");
        foreach (var value in (string[])["x", new string('A', 4000), Convert.ToBase64String(Guid.NewGuid().ToByteArray()), "%00", ""])
        {
            using var forger = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = AddressOf(api) };
            forger.DefaultRequestHeaders.Add("Cookie", $"freegpt4-browser={value}");
            forger.DefaultRequestHeaders.Add("x-freegpt4-csrf", "1");

            using var made = await forger.AskAsync(Route, "{}");

            made.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Change_ByABrowserWithoutTheHeader_IsRefused()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var browser = await BrowserAsync(api);
        var id = await browser.CreateAsync("mine");
        browser.Headers.Remove("x-freegpt4-csrf");

        // As a form of another site could send it.
        using var form = await browser.SendAsync(HttpMethod.Post, "", new StringContent("{\"title\":\"x\"}", Encoding.UTF8, "text/plain"));
        form.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await form.ErrorAsync()).Value("code").ShouldBe("csrf_header_missing");
        (await browser.AskAsync(HttpMethod.Delete, id, status: HttpStatusCode.Forbidden)).Value("error", "code").ShouldBe("csrf_header_missing");
        (await browser.ListAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Append_AtAPositionThatIsTaken_IsAConflict()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var browser = await BrowserAsync(api);
        var id = await browser.CreateAsync("two tabs", Message("user", "hi"));
        var body = With(Message("user", "again"));
        body["position"] = 1;

        await browser.AskAsync(HttpMethod.Post, $"{id}/messages", body, HttpStatusCode.Created);
        var conflict = await browser.AskAsync(HttpMethod.Post, $"{id}/messages", body, HttpStatusCode.Conflict);

        conflict.Value("error", "code").ShouldBe("conversation_changed");
        await browser.AskAsync(HttpMethod.Put, $"{id}/messages/9", With(), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("""{"title":7}""", 400, "title")]
    [InlineData("""{"title":"\ud800"}""", 400, "title")]
    [InlineData("""{"systemPrompt":"\u0000"}""", 400, "systemPrompt")]
    [InlineData("""{"title":"a\u0000b"}""", 400, "title")]
    [InlineData("""{"model":"a\u001bb"}""", 400, "model")]
    [InlineData("""{"\ud800":1}""", 400, null)]
    [InlineData("""{"messages":[{"\ud800":"user"}]}""", 400, null)]
    [InlineData("""{"messages":[{"role":"\ud800"}]}""", 400, null)]
    [InlineData("""{"owner":"user:1"}""", 400, "owner")]
    [InlineData("""{"parameters":[]}""", 400, "parameters")]
    [InlineData("""{"messages":{}}""", 400, "messages")]
    [InlineData("""{"messages":[7]}""", 400, null)]
    [InlineData("""{"messages":[{"role":"user"}]}""", 400, "messages[0]")]
    [InlineData("""{"messages":[{"role":"root","content":"x"}]}""", 400, "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", 400, "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":"\udc00"}]}""", 400, "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":"x","tool_calls":[]}]}""", 400, "messages[0].tool_calls")]
    [InlineData("[]", 400, null)]
    [InlineData("{", 400, null)]
    [InlineData("TITLE", 413, "title")]
    [InlineData("MESSAGE", 413, "messages[0].content")]
    [InlineData("MESSAGES", 400, "messages")]
    [InlineData("DEEP", 400, null)]
    public async Task Body_ThatCannotBe_IsRefusedByName(string body, int status, string? param)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var browser = await BrowserAsync(api);
        body = body switch
        {
            "TITLE" => $$"""{"title":"{{new string('x', 201)}}"}""",
            "MESSAGE" => With(Message("user", new string('x', 5 << 20))).ToJsonString(),
            "MESSAGES" => With(Enumerable.Range(0, 2001).Select(_ => Message("user", ""))).ToJsonString(),
            "DEEP" => $$"""{"parameters":{{string.Concat(Enumerable.Repeat("{\"a\":", 100))}}1{{new string('}', 100)}}}""",
            _ => body,
        };

        using var response = await browser.SendAsync(HttpMethod.Post, "", new StringContent(body, Encoding.UTF8, "application/json"));

        ((int)response.StatusCode).ShouldBe(status);
        (await response.ErrorAsync()).Value("param").ShouldBe(param);
    }

    [Fact]
    public async Task Conversation_ThatGrowsTooLong_IsRefused()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var browser = await BrowserAsync(api);
        var id = await browser.CreateAsync("long");
        await browser.AskAsync(
            HttpMethod.Post, $"{id}/messages", With(Enumerable.Range(0, 1999).Select(_ => Message("user", "x"))), HttpStatusCode.Created);

        var refused = await browser.AskAsync(
            HttpMethod.Post, $"{id}/messages", With(Message("user", "1"), Message("user", "2")), HttpStatusCode.RequestEntityTooLarge);

        refused.Value("error", "code").ShouldBe("conversation_too_long");
        (await browser.ListAsync())[0].Value("messageCount").ShouldBe("1999");
    }

    [Fact]
    public async Task Conversations_MoreThanABrowserMayHave_AreRefused()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var browser = await BrowserAsync(api);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => browser.CreateAsync($"{number}")));

        (await browser.AskAsync(HttpMethod.Post, "", new JsonObject(), HttpStatusCode.Conflict)).Value("error", "code").ShouldBe("too_many_conversations");
    }

    [Fact]
    public async Task Conversations_OfAllBrowsers_HaveAnEnd()
    {
        await using var api = new LlmApiFactory(demo: true, configure: KnowUsers);
        var store = api.Services.GetRequiredService<StateStore>();
        await store.WriteAsync(
            topic: null,
            context =>
            {
                context.Conversations.Add(new() { Owner = ConversationOwner.OfBrowser(Guid.NewGuid()), Title = "large", Size = 1 << 30 });
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);
        using var browser = await BrowserAsync(api);
        using var user = User(api, Guid.NewGuid());

        var refused = await browser.AskAsync(HttpMethod.Post, "", With(Message("user", "hi")), HttpStatusCode.InsufficientStorage);

        refused.Value("error", "code").ShouldBe("storage_full");
        await user.CreateAsync("mine", Message("user", "hi"));
    }

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Size_OfAConversation_IsInBytes(string engine)
    {
        await using var set = await ReplicaSet.StartAsync(engine, count: 1);
        using var browser = await BrowserAsync(set.Replicas[0]);
        var id = await browser.CreateAsync("long");
        var message = Message("user", new string('中', 300_000));

        await browser.AskAsync(HttpMethod.Put, $"{id}/messages/0", With(message.DeepClone()));
        var read = await browser.AskAsync(HttpMethod.Put, $"{id}/messages/1", With(message.DeepClone()));
        var refused = await browser.AskAsync(HttpMethod.Put, $"{id}/messages/2", With(message.DeepClone()), HttpStatusCode.RequestEntityTooLarge);

        read.Value("messageCount").ShouldBe("2");
        refused.Value("error", "code").ShouldBe("conversation_too_long");
        (await browser.ListAsync())[0].Value("size").ShouldBe($"{2 * (900_000 + 2)}");
    }

    [Theory(Timeout = Patience.OfTest)]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Messages_AppendedAtAllReplicasAtOnce_AreAllKept(string engine)
    {
        const int Count = 200;
        await using var set = await ReplicaSet.StartAsync(engine);
        using var browser = await BrowserAsync(set.Replicas[0]);
        var id = await browser.CreateAsync("busy");
        var everywhere = set.Replicas.Select(browser.At).ToList();

        await Task.WhenAll(Enumerable.Range(0, Count).Select(number => everywhere[number % everywhere.Count].AskAsync(
            HttpMethod.Post, $"{id}/messages", With(Message("user", $"{number}")), HttpStatusCode.Created))).WaitAsync(TestContext.Current.CancellationToken);

        var read = await browser.AskAsync(HttpMethod.Get, id);
        read["messages"]!.AsArray().Select(message => int.Parse(message.Value("content")!, System.Globalization.CultureInfo.InvariantCulture))
            .Order().ShouldBe(Enumerable.Range(0, Count));
        everywhere.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task Conversations_WithTheDatabaseGone_Are503()
    {
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        using var browser = await BrowserAsync(set.Replicas[0]);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(set.File)!, "freegpt4.db*"))
        {
            File.Delete(file);
        }

        var list = await browser.AskAsync(HttpMethod.Get, "", status: HttpStatusCode.ServiceUnavailable);

        list.Value("error", "code").ShouldBe("database_unavailable");
        (await browser.AskAsync(HttpMethod.Post, "", new JsonObject(), HttpStatusCode.ServiceUnavailable)).Value("error", "code").ShouldBe("database_unavailable");
    }
}
