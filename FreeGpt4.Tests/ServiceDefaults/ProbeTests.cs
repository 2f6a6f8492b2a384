using System.Net;
using FreeGpt4.ServiceDefaults;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class ProbeTests
{
    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task Probes_EverythingWell_Are200(string environment)
    {
        await using var app = TestService.Build(environment);

        (await ProbeAsync(app)).ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK));
    }

    [Fact]
    public async Task Probes_DependencyDown_IsNotReadyButAlive()
    {
        await using var app = TestService.Build(after: builder =>
            builder.Services.AddHealthChecks().AddCheck("database", () => HealthCheckResult.Unhealthy()));

        (await ProbeAsync(app)).ShouldBe((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK));
    }

    [Fact]
    public async Task Probes_LiveCheckFails_IsNeither()
    {
        await using var app = TestService.Build(after: builder =>
            builder.Services.AddHealthChecks().AddCheck("deadlock", () => HealthCheckResult.Unhealthy(), [Extensions.LiveTag]));

        (await ProbeAsync(app)).ShouldBe((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable));
    }

    [Fact]
    public async Task Probes_EverythingElseNeedsLogin_AreStillAnswered()
    {
        await using var app = TestService.Build(after: builder =>
        {
            builder.Services.AddAuthentication().AddBearerToken();
            builder.Services.AddAuthorizationBuilder()
                .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        });
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/other", () => "other");
        using var client = await app.StartWithClientAsync();

        using var other = await client.GetAsync("/other", TestContext.Current.CancellationToken);

        other.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusesAsync(client)).ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK));
    }

    private static async Task<(HttpStatusCode Health, HttpStatusCode Alive)> ProbeAsync(WebApplication app)
    {
        using var client = await app.StartWithClientAsync();
        return await StatusesAsync(client);
    }

    private static async Task<(HttpStatusCode Health, HttpStatusCode Alive)> StatusesAsync(HttpClient client)
    {
        using var health = await client.GetAsync("/health", TestContext.Current.CancellationToken);
        using var alive = await client.GetAsync("/alive", TestContext.Current.CancellationToken);
        health.Content.Headers.ContentType?.MediaType.ShouldBe("text/plain");
        return (health.StatusCode, alive.StatusCode);
    }
}
