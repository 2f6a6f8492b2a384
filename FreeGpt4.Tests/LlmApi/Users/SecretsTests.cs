using System.Collections.Concurrent;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.LlmApi.Users;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("DEBUG")]
    [InlineData("TRACE")]
    public async Task PasswordsAndTokens_WhateverIsDoneWithThem_AreInNoLog(string level)
    {
        const string Password = "a-password-of-a-user";
        const string Next = "the-next-password";
        var log = new ConcurrentQueue<string>();
        await using var api = new LlmApiFactory(
            demo: true,
            configure: services => services.AddSingleton<ILoggerProvider>(new LogListener(log.Enqueue)),
            settings: [("LOG_LEVEL", level), ("PRIVATE_MODE", "true")]);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = await admin.CreateUserAsync("somebody", Password);
        var (token, tokenId) = await admin.CreateTokenAsync(id);
        using var program = new Visitor(api) { Token = token };
        (await program.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.OK);
        (await program.StatusAsync("GET", $"/?text=hi&token={token}")).ShouldBe(HttpStatusCode.OK);
        using (var other = new Visitor(api))
        {
            (await other.StatusAsync("GET", $"/?text=hi&token={token}")).ShouldBe(HttpStatusCode.OK);
            using var wrong = await other.LoginAsync(Next, Password);
            using var saved = await other.PostFormAsync("/save/somebody", ("password", Password), ("new_password", Next), ("confirm_password", Next));
            saved.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await other.StatusAsync("POST", "/v1/nowhere?token=" + token)).ShouldBe(HttpStatusCode.NotFound);
        }

        var rotated = (await admin.JsonAsync("POST", $"/api/users/{id}/tokens/{tokenId}/rotate")).Value("token").ShouldNotBeNull();
        (await program.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.StatusAsync("POST", "/generatetoken")).ShouldBe(HttpStatusCode.OK);
        (await admin.StatusAsync("DELETE", $"/api/users/{id}")).ShouldBe(HttpStatusCode.NoContent);

        log.ShouldNotBeEmpty();
        foreach (var secret in (string[])[Password, Next, EmptyState.AdminPassword, token, rotated, admin.Cookies["freegpt4-session"], admin.Antiforgery!])
        {
            log.FirstOrDefault(line => line.Contains(secret, StringComparison.Ordinal)).ShouldBeNull();
        }
    }
}
