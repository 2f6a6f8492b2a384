using FreeGpt4.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.ServiceDefaults;

/// <summary>The smallest service with the defaults, on a random loopback port.</summary>
internal static class TestService
{
    public static WebApplication Build(
        string environment = "Production",
        Dictionary<string, string?>? settings = null,
        Action<WebApplicationBuilder>? before = null,
        Action<WebApplicationBuilder>? after = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        before?.Invoke(builder);
        builder.AddServiceDefaults();
        after?.Invoke(builder);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        return app;
    }

    public static async Task<HttpClient> StartWithClientAsync(this WebApplication app)
    {
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }
}
