using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Users;

public sealed class UserTests
{
    private const string Password = "a-password-of-a-user";

    [Fact]
    public async Task User_MadeByAnAdmin_CanBeReadChangedAndDeleted()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = await admin.CreateUserAsync("Some.Body_1-x", Password, new() { ["dailyRequests"] = 5, ["systemPrompt"] = "Be brief." });

        var changed = await admin.JsonAsync("PATCH", $"/api/users/{id}", new() { ["dailyRequests"] = null, ["dailyTokens"] = 1000, ["model"] = "m" });

        changed.Value("name").ShouldBe("Some.Body_1-x");
        changed.Value("role").ShouldBe("user");
        changed.Value("dailyRequests").ShouldBeNull();
        changed.Value("dailyTokens").ShouldBe("1000");
        changed.Value("systemPrompt").ShouldBe("Be brief.");
        var listed = await admin.JsonAsync("GET", "/api/users");
        listed["users"]!.AsArray().Select(user => user.Value("name")).ShouldBe(["admin", "Some.Body_1-x"]);
        listed.ToJsonString().ShouldNotContain("hash", Case.Insensitive);
        (await admin.StatusAsync("DELETE", $"/api/users/{id}")).ShouldBe(HttpStatusCode.NoContent);
        (await admin.StatusAsync("GET", $"/api/users/{id}")).ShouldBe(HttpStatusCode.NotFound);
        (await admin.StatusAsync("DELETE", "/api/users/no-id")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":"ab"}""", "name")]
    [InlineData("""{"name":"with space"}""", "name")]
    [InlineData("""{"name":"größe"}""", "name")]
    [InlineData("""{"name":"somebody","password":"short"}""", "password")]
    [InlineData("""{"name":"somebody","password":"SomeBody"}""", "password")]
    [InlineData("""{"name":"somebody","role":"root"}""", "role")]
    [InlineData("""{"name":"somebody","disabled":1}""", "disabled")]
    [InlineData("""{"name":"somebody","dailyRequests":-1}""", "dailyRequests")]
    [InlineData("""{"name":"somebody","dailyTokens":"many"}""", "dailyTokens")]
    [InlineData("""{"name":"somebody","provider":"Nobody"}""", "provider")]
    [InlineData("""{"name":"somebody","systemPrompt":"a\u0000b"}""", "systemPrompt")]
    [InlineData("""{"name":"somebody","systemPrompt":"a\u001b[2Jb"}""", "systemPrompt")]
    [InlineData("""{"name":"some\u0000body"}""", "name")]
    [InlineData("""{"name":"somebody","passwordHash":"x"}""", "passwordHash")]
    [InlineData("""{"name":"somebody","id":"00000000-0000-0000-0000-000000000001"}""", "id")]
    public async Task User_ThatCannotBe_Is400AndNamesTheMember(string body, string param)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);

        using var response = await admin.SendAsync("POST", "/api/users", JsonNode.Parse(body)!.AsObject());

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ErrorAsync()).Value("param").ShouldBe(param);
    }

    [Theory]
    [InlineData("POST", "/api/users")]
    [InlineData("PATCH", "/api/me")]
    [InlineData("POST", "/api/login")]
    [InlineData("POST", "/api/me/tokens")]
    public async Task Body_WithHalfACharacterInAName_Is400(string method, string path)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        using var content = new StringContent("""{"\ud800":1}""", System.Text.Encoding.UTF8, "application/json");

        using var response = await admin.SendAsync(method, path, content);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, await response.TextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Name_TakenByManyAtOnce_IsOneUsers(bool onPostgres)
    {
        await using var cluster = await Replicas.StartAsync(2, onPostgres);
        using var admin = await Visitor.LoggedInAsync(cluster.All[0]);
        using var there = admin.At(cluster.All[1]);

        var made = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            (i % 2 == 0 ? admin : there).StatusAsync("POST", "/api/users", new() { ["name"] = i % 3 == 0 ? "SomeBody" : "somebody" })));

        made.Count(status => status is HttpStatusCode.Created).ShouldBe(1);
        made.Count(status => status is HttpStatusCode.Conflict).ShouldBe(9);
    }

    [Theory]
    [InlineData("role", "\"admin\"")]
    [InlineData("dailyRequests", "1000000")]
    [InlineData("dailyTokens", "null")]
    [InlineData("disabled", "false")]
    [InlineData("name", "\"other\"")]
    [InlineData("password", "\"another-password\"")]
    public async Task User_AboutThemselves_CannotChangeWhatIsTheAdmins(string member, string value)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = await admin.CreateUserAsync("somebody", Password, new() { ["dailyRequests"] = 5 });
        using var user = await Visitor.LoggedInAsync(api, "somebody", Password);
        var body = new JsonObject { [member] = JsonNode.Parse(value) };

        (await user.StatusAsync("PATCH", "/api/me", body)).ShouldBe(HttpStatusCode.BadRequest);
        (await user.StatusAsync("PATCH", $"/api/users/{id}", body)).ShouldBe(HttpStatusCode.Forbidden);
        (await user.StatusAsync("PATCH", "/api/me", new() { ["model"] = "mine", ["history"] = true })).ShouldBe(HttpStatusCode.OK);

        var now = await admin.JsonAsync("GET", $"/api/users/{id}");
        now.Value("role").ShouldBe("user");
        now.Value("dailyRequests").ShouldBe("5");
        now.Value("model").ShouldBe("mine");
    }

    [Theory]
    [InlineData("GET", "/api/users")]
    [InlineData("POST", "/api/users")]
    [InlineData("GET", "/api/users/{id}")]
    [InlineData("PATCH", "/api/users/{id}")]
    [InlineData("DELETE", "/api/users/{id}")]
    [InlineData("GET", "/api/users/{id}/tokens")]
    [InlineData("POST", "/api/users/{id}/tokens")]
    public async Task Users_ForOthersThanAdmins_AreNotThere(string method, string path)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = await admin.CreateUserAsync("somebody", Password);
        var (token, _) = await admin.CreateTokenAsync(id);
        using var stranger = new Visitor(api);
        using var user = await Visitor.LoggedInAsync(api, "somebody", Password);
        using var program = new Visitor(api) { Token = token };
        var adminsId = (await admin.JsonAsync("GET", "/api/me")).Value("user", "id")!;
        var address = path.Replace("{id}", adminsId, StringComparison.Ordinal);

        using var refused = await stranger.SendAsync(method, address, new JsonObject());
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Header("WWW-Authenticate").ShouldBe("Bearer");
        (await refused.ErrorAsync()).Value("code").ShouldBe("invalid_api_key");
        foreach (var one in (Visitor[])[user, program])
        {
            using var forbidden = await one.SendAsync(method, address, new JsonObject());
            forbidden.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await forbidden.ErrorAsync()).Value("code").ShouldBe("admins_only");
        }
    }

    [Theory]
    [InlineData("DELETE", null)]
    [InlineData("PATCH", """{"disabled":true}""")]
    [InlineData("PATCH", """{"role":"user"}""")]
    public async Task Admin_WhoIsTheLast_Stays(string method, string? body)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = (await admin.JsonAsync("GET", "/api/me")).Value("user", "id");

        // Without a password nobody can log in as that one.
        await admin.CreateUserAsync("robot", password: null, new() { ["role"] = "admin" });

        using var response = await admin.SendAsync(method, $"/api/users/{id}", (body is null ? null : JsonNode.Parse(body))?.AsObject());

        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await response.ErrorAsync()).Value("code").ShouldBe("last_admin");
        (await admin.StatusAsync("GET", "/api/users")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Admins_WhoRemoveEachOtherAtOnce_LeaveOne(bool onPostgres)
    {
        await using var cluster = await Replicas.StartAsync(2, onPostgres);
        using var first = await Visitor.LoggedInAsync(cluster.All[0]);
        var firstId = (await first.JsonAsync("GET", "/api/me")).Value("user", "id");
        for (var round = 0; round < Effort.Choose(3, 30); round++)
        {
            var secondId = await first.CreateUserAsync($"second{round}", Password, new() { ["role"] = "admin" });
            using var second = await Visitor.LoggedInAsync(cluster.All[1], $"second{round}", Password);

            var replies = await Task.WhenAll(
                first.StatusAsync("PATCH", $"/api/users/{secondId}", new() { ["role"] = "user" }),
                second.StatusAsync("PATCH", $"/api/users/{firstId}", new() { ["role"] = "user" }));

            replies.Count(status => status is HttpStatusCode.OK).ShouldBe(1, string.Join(", ", replies));
            if (replies[1] is HttpStatusCode.OK)
            {
                // Back to where we were.
                (await second.StatusAsync("PATCH", $"/api/users/{firstId}", new() { ["role"] = "admin" })).ShouldBe(HttpStatusCode.OK);
                await Eventually.IsTrue(
                    async () => await first.StatusAsync("PATCH", $"/api/users/{secondId}", new() { ["role"] = "user" }) is HttpStatusCode.OK,
                    Patience.Limit,
                    "the first is an admin again",
                    TestContext.Current.CancellationToken);
            }
        }
    }
}
