using System.Collections.Concurrent;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class HttpDefaultsTests
{
    [Fact]
    public async Task Post_ServerFails_IsSentOnce()
    {
        await using var server = await Replica.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        await using var app = TestService.Build();
        using var client = ClientOf(app);

        using var response = await client.PostAsync(server.Address, new StringContent("{}"), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        server.ConnectionOfRequest.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Client_Any_MayWaitForASlowAnswer()
    {
        await using var app = TestService.Build();
        using var client = ClientOf(app);

        client.Timeout.ShouldBe(Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public async Task Client_NameOfService_IsResolved()
    {
        await using var server = await Replica.StartAsync(context => context.Response.WriteAsync("found", context.RequestAborted));
        await using var app = TestService.Build(settings: new() { ["services:llm-api:http:0"] = server.Address.AbsoluteUri });
        using var client = ClientOf(app);

        (await client.GetStringAsync("http://llm-api/", TestContext.Current.CancellationToken)).ShouldBe("found");
    }

    [Fact]
    public async Task Client_CookieOfOneAnswer_IsNotSentWithTheNextRequest()
    {
        var cookies = new ConcurrentQueue<string>();
        await using var server = await Replica.StartAsync(context =>
        {
            cookies.Enqueue(context.Request.Headers.Cookie.ToString());
            context.Response.Cookies.Append("session", "of-somebody");
            return Task.CompletedTask;
        });
        await using var app = TestService.Build();
        using var client = ClientOf(app);

        await client.GetStringAsync(server.Address, TestContext.Current.CancellationToken);
        await client.GetStringAsync(server.Address, TestContext.Current.CancellationToken);

        cookies.ShouldBe(["", ""]);
    }

    [Fact]
    public async Task Client_LoggingEverything_DoesNotLogKey()
    {
        const string Key = "sk-very-secret";
        var log = new ConcurrentQueue<string>();
        await using var server = await Replica.StartAsync(_ => Task.CompletedTask);
        using var listener = new LogListener(log.Enqueue);
        await using var app = TestService.Build(after: builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(listener));
        using var client = ClientOf(app);
        client.DefaultRequestHeaders.Authorization = new("Bearer", Key);

        await client.GetStringAsync(server.Address, TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);

        log.ShouldContain(line => line.Contains("Now listening"));
        log.ShouldNotContain(line => line.Contains(Key));
    }

    private static HttpClient ClientOf(WebApplication app) => app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
}
