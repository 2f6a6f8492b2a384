using System.Net;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Users;

public sealed class PrivateModeTests
{
    private const string Chat = """{"model":"auto","messages":[{"role":"user","content":"hi"}]}""";
    private const string Message = """{"model":"auto","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""";

    /// <summary>Everything that answers a question.</summary>
    public static TheoryData<string, string, string> Questions => new()
    {
        { "POST", "/v1/chat/completions", Chat },
        { "POST", "/v1/completions", """{"model":"auto","prompt":"hi"}""" },
        { "POST", "/v1/embeddings", """{"model":"auto","input":"hi"}""" },
        { "POST", "/v1/responses", """{"model":"auto","input":"hi"}""" },
        { "POST", "/v1/messages", Message },
        { "POST", "/v1/messages/count_tokens", Message },
        { "GET", "/?text=hi", "" },
        { "POST", "/", "hi" },
    };

    private static (string, string) Private => ("PRIVATE_MODE", "true");

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Question_OfNobody_Is401InPrivateModeOnly(string method, string path, string body)
    {
        await using var closed = new LlmApiFactory(demo: true, settings: Private);
        await using var open = new LlmApiFactory(demo: true);

        using var refused = await AskAsync(closed, method, path, body, ("Authorization", "Bearer unused"), ("x-api-key", "sk-1234"));
        using var taken = await AskAsync(open, method, path, body, ("Authorization", "Bearer unused"), ("x-api-key", "sk-1234"));

        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Header("WWW-Authenticate").ShouldBe("Bearer");
        refused.Header("x-request-id").ShouldNotBeEmpty();
        taken.StatusCode.ShouldNotBe(HttpStatusCode.Unauthorized);
        if (path.StartsWith("/v1/messages", StringComparison.Ordinal))
        {
            (await refused.JsonAsync()).Value("error", "type").ShouldBe("authentication_error");
        }
        else if (path.StartsWith("/v1", StringComparison.Ordinal))
        {
            var error = await refused.ErrorAsync();
            error.Value("code").ShouldBe("invalid_api_key");
            error.Value("type").ShouldBe("invalid_request_error");
        }
        else
        {
            refused.ContentType().ShouldBe("text/plain; charset=utf-8");
        }
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Question_OfAUser_IsAnsweredInEitherMode(string method, string path, string body)
    {
        await using var closed = new LlmApiFactory(demo: true, settings: Private);
        await using var open = new LlmApiFactory(demo: true);
        foreach (var api in (LlmApiFactory[])[closed, open])
        {
            using var admin = await Visitor.LoggedInAsync(api);
            var (token, id) = await admin.CreateTokenAsync(await admin.CreateUserAsync("somebody"));
            using var expected = await AskAsync(open, method, path, body);

            using var byToken = await AskAsync(api, method, path, body, ("Authorization", $"Bearer {token}"));
            using var bySession = await AskAsync(api, method, path, body, ("Cookie", $"freegpt4-session={admin.Cookies["freegpt4-session"]}"), ("Sec-Fetch-Site", "same-origin"));
            byToken.StatusCode.ShouldBe(expected.StatusCode);
            bySession.StatusCode.ShouldBe(expected.StatusCode);

            // Not as nobody, in the mode in which nobody needs to be somebody.
            using var mistyped = await AskAsync(api, method, path, body, ("Authorization", $"Bearer {token}x"));
            mistyped.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await mistyped.TextAsync()).ShouldNotContain(token);
            await admin.JsonAsync("PATCH", $"/api/users/{await IdAsync(admin, "somebody")}/tokens/{id}", new() { ["disabled"] = true });
            using var disabled = await AskAsync(api, method, path, body, ("Authorization", $"Bearer {token}"));
            disabled.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/models")]
    [InlineData("/v1/models")]
    [InlineData("/v1/models/auto")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs/index.html")]
    [InlineData("/status")]
    [InlineData("/login")]
    public async Task Page_ThatAnswersNoQuestion_IsForEverybody(string path)
    {
        await using var api = new LlmApiFactory(demo: true, settings: Private);

        foreach (var key in (string[])["unused", "fg_nobody-has-this"])
        {
            using var response = await AskAsync(api, "GET", path, "", ("Authorization", $"Bearer {key}"));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Status_InPrivateMode_TellsStrangersWhoIsUsableAndNoMore()
    {
        await using var api = new LlmApiFactory(demo: true, settings: Private);
        using var admin = await Visitor.LoggedInAsync(api);
        using var stranger = new Visitor(api);

        (await stranger.JsonAsync("GET", "/status"))["providers"]![0]!.AsObject().Select(member => member.Key).ShouldBe(["name", "usable"]);
        (await admin.JsonAsync("GET", "/status"))["providers"]![0]!.AsObject().ShouldContainKey("keys");
    }

    [Fact]
    public async Task Status_InPrivateMode_TellsStrangersNothingOfServersThatNobodyRuns_NorOfThoseThatNobodyAsks()
    {
        await using var api = new LlmApiFactory(settings:
        [
            Private, ("FALLBACK_PROVIDERS", "Groq,Ollama,VLLM"), ("GROQ_API_KEY", "gsk_unused"), ("GROQ_BASE_URL", "http://127.0.0.1:9/v1"),
            ("OLLAMA_BASE_URL", "http://127.0.0.1:9/v1"), ("VLLM_BASE_URL", "http://127.0.0.1:9/v1"),
        ]);
        using var admin = await Visitor.LoggedInAsync(api);
        using var stranger = new Visitor(api);

        (await stranger.JsonAsync("GET", "/status")).ToJsonString().ShouldBe("""{"providers":[{"name":"Groq","usable":true}]}""");
        var codes = (await admin.JsonAsync("GET", "/status"))["providers"]!.AsArray().ToDictionary(one => one.Value("name")!, one => (one.Value("reasonCode"), one.Value("reasonSetting")));
        codes["Groq"].ShouldBe((null, null));
        codes["Ollama"].ShouldBe(("not_running", null));
        codes["Demo"].ShouldBe(("only_when_named", null));
        codes["Custom"].ShouldBe(("not_set_up", "CUSTOM_BASE_URL"));
        codes["Cloudflare"].ShouldBe(("not_set_up", "CLOUDFLARE_API_KEY"));
    }

    [Theory]
    [InlineData("Authorization", "Bearer {0}", "/v1/chat/completions", 200)]
    [InlineData("Authorization", "bearer  {0}", "/v1/chat/completions", 200)]
    [InlineData("x-api-key", "{0}", "/v1/chat/completions", 200)]
    [InlineData("api-key", "{0}", "/v1/chat/completions", 200)]
    [InlineData("Authorization", "Basic {0}", "/v1/chat/completions", 401)]
    [InlineData("x-nothing", "", "/v1/chat/completions?token={0}", 401)]
    [InlineData("x-nothing", "", "/?token={0}", 200)]
    [InlineData("Authorization", "Bearer fg_of-nobody", "/?token={0}", 401)]
    [InlineData("Authorization", "Bearer unused", "/?token={0}", 200)]
    public async Task Token_OfAUser_CountsWhereItMayStand(string header, string value, string path, int status)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: Private);
        using var admin = await Visitor.LoggedInAsync(api);
        var (token, _) = await admin.CreateTokenAsync(await admin.CreateUserAsync("somebody"));

        var body = path[1] == 'v' ? Chat : "hi";
        using var response = await AskAsync(
            api,
            "POST",
            path.Replace("{0}", token, StringComparison.Ordinal),
            body,
            (header, value.Replace("{0}", token, StringComparison.Ordinal)));

        ((int)response.StatusCode).ShouldBe(status, await response.TextAsync());
        foreach (var request in upstream.Requests)
        {
            // Nobody else is told who asks.
            request.Body.ShouldNotContain(token);
            request.Headers.Values.ShouldNotContain(sent => sent.Contains(token, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PrivateMode_SetAtOneReplica_IsInForceAtAll(bool onPostgres)
    {
        await using var cluster = await Replicas.StartAsync(2, onPostgres);
        using var admin = await Visitor.LoggedInAsync(cluster.All[0]);
        using var stranger = new Visitor(cluster.All[1]);
        foreach (var isPrivate in (bool[])[true, false])
        {
            await admin.JsonAsync("PUT", "/api/settings", new() { ["PRIVATE_MODE"] = isPrivate });
            await Eventually.IsTrue(
                async () => await stranger.StatusAsync("GET", "/?text=hi") == (isPrivate ? HttpStatusCode.Unauthorized : HttpStatusCode.OK),
                TimeSpan.FromSeconds(20),
                $"private mode is {isPrivate} at the other",
                TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task User_WithTheDatabaseGone_IsKnownAllTheSame()
    {
        await using var cluster = await Replicas.StartAsync(1, onPostgres: true, settings: Private);
        var api = cluster.All[0];
        using var admin = await Visitor.LoggedInAsync(api);
        var (token, _) = await admin.CreateTokenAsync(await admin.CreateUserAsync("somebody"));
        await cluster.StopDatabaseAsync();

        using var user = new Visitor(api) { Token = token };
        using var stranger = new Visitor(api);
        (await user.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.OK);
        using var bySession = await admin.SendAsync("GET", "/?text=hi", content: null, ("Sec-Fetch-Site", "none"));
        bySession.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await admin.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.OK);
        (await stranger.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.Unauthorized);
        using var login = await stranger.LoginAsync("admin", EmptyState.AdminPassword);
        login.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await login.ErrorAsync()).Value("code").ShouldBe("database_unavailable");
    }

    [Fact]
    public async Task Token_ThatAnotherProgramMade_IsItsUsers()
    {
        const string Imported = "7d1f0a0e-5a3c-4a57-9f0e-0123456789ab";
        await using var api = new LlmApiFactory(demo: true, settings: Private);
        using var admin = await Visitor.LoggedInAsync(api);
        var user = Guid.Parse(await admin.CreateUserAsync("somebody"));
        await api.Services.GetRequiredService<UserDirectory>().ChangeAsync(
            context =>
            {
                context.AccessTokens.Add(new() { UserId = user, Hash = TokenText.HashOf(Imported), Hint = "89ab", Name = "imported" });
                return Task.FromResult(true);
            },
            TestContext.Current.CancellationToken);

        using var asked = await AskAsync(api, "GET", $"/?text=hi&token={Imported}", "");
        using var byHeader = await AskAsync(api, "GET", "/?text=hi", "", ("Authorization", $"Bearer {Imported}"));
        using var other = await AskAsync(api, "GET", $"/?text=hi&token={Imported}x", "");

        asked.StatusCode.ShouldBe(HttpStatusCode.OK);
        byHeader.StatusCode.ShouldBe(HttpStatusCode.OK);
        other.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<string> IdAsync(Visitor admin, string name) =>
        (await admin.JsonAsync("GET", "/api/users"))["users"]!.AsArray().Single(user => user.Value("name") == name).Value("id").ShouldNotBeNull();

    private static async Task<HttpResponseMessage> AskAsync(
        LlmApiFactory api, string method, string path, string body, params (string Name, string Value)[] headers)
    {
        using var visitor = new Visitor(api);
        var content = body.Length == 0 ? null : new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue(body[0] == '{' ? "application/json" : "text/plain"));
        return await visitor.SendAsync(method, path, content, headers);
    }
}
