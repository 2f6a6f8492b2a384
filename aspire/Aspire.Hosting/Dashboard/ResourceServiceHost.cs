using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dashboard;

/// <summary>Serves <see cref="ResourceService"/> on loopback to whoever has the key. Started before the dashboard and stopped after it.</summary>
internal sealed class ResourceServiceHost(
    DashboardSettings settings,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    ResourceCommandService commands,
    ILoggerFactory loggerFactory) : IHostedService, IAsyncDisposable
{
    private const string ApiKeyHeader = "x-resource-service-api-key";

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly byte[] _apiKey = Encoding.UTF8.GetBytes(settings.ResourceServiceApiKey);
    private WebApplication? _server;

    /// <summary>What the people at its dashboards are asked.</summary>
    public DashboardQuestions Questions { get; } = new();

    /// <summary>Where it listens, once started.</summary>
    public string Url => _server?.Urls.First() ?? throw new InvalidOperationException("The resource service has not been started.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!settings.Enabled)
        {
            return;
        }

        _server = Build();
        try
        {
            await _server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            throw new DistributedApplicationException(DashboardSettings.PortInUse(settings.ResourceServicePort, DashboardSettings.ResourceServiceUrlKey));
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is null)
        {
            return;
        }

        // Streams end at once, but Kestrel may wait forever for a client that does not end its side of one.
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(CloseLimit);
        await _server.StopAsync(limited.Token).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }
    }

    private WebApplication Build()
    {
        // Nothing of the AppHost's configuration is meant for this server, ASPNETCORE_URLS least of all.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            if (settings.ResourceServicePort == 0)
            {
                kestrel.Listen(IPAddress.Loopback, 0, Http2);
            }
            else
            {
                kestrel.ListenLocalhost(settings.ResourceServicePort, Http2);
            }
        });

        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddSingleton(loggerFactory);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(notifications);
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton(commands);
        builder.Services.AddSingleton(Questions);

        var server = builder.Build();
        server.Use((context, next) => HasKey(context) ? next(context) : Refuse(context));
        server.MapGrpcService<ResourceService>();
        return server;
    }

    private bool HasKey(HttpContext context) => context.Request.Headers[ApiKeyHeader] is [{ } key]
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), _apiKey);

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    // Without TLS nothing is negotiated, and gRPC is HTTP/2.
    private static void Http2(ListenOptions listen) => listen.Protocols = HttpProtocols.Http2;

    /// <summary>Ctrl+C is for the AppHost, which stops this server when its turn comes.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
