using System.Diagnostics;
using System.Net;
using System.Text;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Users;

public sealed class TokenTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "disable")]
    [InlineData(false, "delete")]
    [InlineData(false, "rotate")]
    [InlineData(true, "disable")]
    public async Task Token_EndedAtOneReplica_IsRefusedAtAllWithinASecond(bool onPostgres, string how)
    {
        await using var cluster = await Replicas.StartAsync(3, onPostgres, settings: ("PRIVATE_MODE", "true"));
        using var admin = await Visitor.LoggedInAsync(cluster.All[0]);
        var user = await admin.CreateUserAsync("somebody");
        var (token, id) = await admin.CreateTokenAsync(user);
        foreach (var replica in cluster.All)
        {
            // At once, though no replica but one has made it.
            (await AskAsync(replica, token)).ShouldBe(HttpStatusCode.OK);
        }

        var path = $"/api/users/{user}/tokens/{id}";
        (how switch
        {
            "disable" => await admin.StatusAsync("PATCH", path, new() { ["disabled"] = true }),
            "delete" => await admin.StatusAsync("DELETE", path),
            _ => await admin.StatusAsync("POST", $"{path}/rotate"),
        }).ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.NoContent);

        var since = Stopwatch.StartNew();
        (await AskAsync(cluster.All[0], token)).ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var replica in cluster.All)
        {
            await Eventually.IsTrue(
                async () => await AskAsync(replica, token) is HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(20), "the token is refused", Cancelled);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Refused at all after {since.ElapsedMilliseconds} ms.");
    }

    [Fact]
    public async Task Token_OnceMade_IsShownOnceAndKeptNowhere()
    {
        using var folder = new TemporaryFolder();
        var data = EmptyState.CopyTo(Path.Combine(folder.Path, "data"));
        await using var api = new LlmApiFactory(demo: true, settings: ("DATA_DIR", data));
        using var admin = await Visitor.LoggedInAsync(api);

        var made = await admin.JsonAsync("POST", "/api/me/tokens", new() { ["name"] = "laptop" }, HttpStatusCode.Created);
        var token = made.Value("token").ShouldNotBeNull();
        var rotated = await admin.JsonAsync("POST", $"/api/me/tokens/{made.Value("id")}/rotate");

        token.ShouldMatch("^fg_[A-Za-z0-9_-]{43}$");
        made.Value("hint").ShouldBe(token[^4..]);
        made.Value("name").ShouldBe("laptop");
        rotated.Value("token").ShouldNotBe(token);
        var listed = (await admin.JsonAsync("GET", "/api/me/tokens"))["tokens"]!.AsArray().ShouldHaveSingleItem();
        listed!.AsObject().ShouldNotContainKey("token");
        listed.Value("hint").ShouldBe(rotated.Value("token")![^4..]);
        foreach (var file in Directory.EnumerateFiles(data))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, Cancelled);
            foreach (var secret in (string[])[token, rotated.Value("token")!, EmptyState.AdminPassword])
            {
                bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, file);
            }
        }
    }

    [Fact]
    public async Task Token_OfSomebodyElse_CannotBeTouched()
    {
        const string Password = "a-password-of-a-user";
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var made = await admin.JsonAsync("POST", "/api/me/tokens", [], HttpStatusCode.Created);
        await admin.CreateUserAsync("somebody", Password);
        using var user = await Visitor.LoggedInAsync(api, "somebody", Password);

        var path = $"/api/me/tokens/{made.Value("id")}";
        (await user.StatusAsync("PATCH", path, new() { ["disabled"] = true })).ShouldBe(HttpStatusCode.NotFound);
        (await user.StatusAsync("POST", $"{path}/rotate")).ShouldBe(HttpStatusCode.NotFound);
        (await user.StatusAsync("DELETE", path)).ShouldBe(HttpStatusCode.NotFound);
        (await user.StatusAsync("DELETE", "/api/me/tokens/x")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Token_OfAnAdmin_ManagesUsersWithoutAntiforgery()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var made = await admin.JsonAsync("POST", "/api/me/tokens", [], HttpStatusCode.Created);
        using var program = new Visitor(api) { Token = made.Value("token") };

        await program.CreateUserAsync("somebody");
        (await program.JsonAsync("GET", "/api/me")).Value("antiforgeryToken").ShouldBeNull();
        (await program.StatusAsync("POST", "/api/me/password", new() { ["currentPassword"] = "a-guess-of-it", ["newPassword"] = "another-password" })).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task LastUse_OfATokenAndItsUser_IsWrittenNowAndThen()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var user = await admin.CreateUserAsync("somebody");
        var (token, _) = await admin.CreateTokenAsync(user);
        (await admin.JsonAsync("GET", $"/api/users/{user}")).Value("lastUsedAt").ShouldBeNull();

        (await AskAsync(api, token)).ShouldBe(HttpStatusCode.OK);

        await Eventually.IsTrue(
            async () => (await admin.JsonAsync("GET", $"/api/users/{user}")).Value("lastUsedAt") is not null
                && (await admin.JsonAsync("GET", $"/api/users/{user}/tokens")).Value("tokens", 0, "lastUsedAt") is not null,
            Patience.Limit,
            "the use is known",
            Cancelled);
    }

    [Fact]
    public async Task Question_OfAUser_WritesNothingBeforeItIsAnswered()
    {
        using var folder = new TemporaryFolder();
        var data = EmptyState.CopyTo(Path.Combine(folder.Path, "data"));
        await using var api = new LlmApiFactory(demo: true, settings: [("DATA_DIR", data), ("PRIVATE_MODE", "true")]);
        using var admin = await Visitor.LoggedInAsync(api);
        var (token, _) = await admin.CreateTokenAsync(await admin.CreateUserAsync("somebody"));
        var store = api.Services.GetRequiredService<StateStore>();

        // Whoever wants to write waits for us.
        await store.WriteAsync(
            topic: null,
            async context =>
            {
                await context.Database.ExecuteSqlAsync($"UPDATE users SET name = name", Cancelled);
                (await AskAsync(api, token)).ShouldBe(HttpStatusCode.OK);
                using var session = admin.At(api);
                using var answered = await session.SendAsync("GET", "/?text=hi", content: null, ("Sec-Fetch-Site", "same-origin"));
                answered.StatusCode.ShouldBe(HttpStatusCode.OK);
            },
            Cancelled);
    }

    private static async Task<HttpStatusCode> AskAsync(LlmApiFactory api, string token)
    {
        using var visitor = new Visitor(api) { Token = token };
        return await visitor.StatusAsync("GET", "/?text=hi");
    }
}
