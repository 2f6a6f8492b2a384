using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Dcp;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace FreeGpt4.Tests.Aspire.Dcp;

/// <summary>What tests run under the real DCP, and how they wait for it.</summary>
internal static class DcpWorkloads
{
    public static Task<DcpHost> StartDcpAsync(CancellationToken cancellationToken) =>
        DcpHost.StartAsync(new DcpHostOptions { DcpPath = DcpBundle.Dcp }, NullLogger.Instance, cancellationToken);

    /// <summary>The edge of the cluster, of which only that it listens where it is told matters here.</summary>
    public static DcpExecutable WebServer(string name, string service) => new()
    {
        Metadata = new()
        {
            Name = name,
            Annotations = new Dictionary<string, string>
            {
                [DcpServiceProducer.Annotation] = DcpServiceProducer.ToAnnotation(new DcpServiceProducer(service)),
            },
        },
        Spec = new()
        {
            ExecutablePath = Path.Combine(AppContext.BaseDirectory, "FreeGpt4.Proxy"),
            WorkingDirectory = AppContext.BaseDirectory,
            Env = [new("ASPNETCORE_URLS", $$$"""http://localhost:{{- portForServing "{{{service}}}" -}}""")],
        },
    };

    public static DcpExecutable Command(string name, string program, params IReadOnlyList<string> arguments) => new()
    {
        Metadata = new() { Name = name },
        Spec = new() { ExecutablePath = program, Args = arguments, WorkingDirectory = AppContext.BaseDirectory },
    };

    public static DcpService Service(string name) => new() { Metadata = new() { Name = name }, Spec = new() };

    public static async Task<T> WaitAsync<T>(
        this DcpClient client, string name, Func<T, bool> condition, CancellationToken cancellationToken)
        where T : DcpResource, IDcpResource
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience.Limit);
        await foreach (var change in client.WatchAsync<T>(limit.Token))
        {
            if (change.Type is not DcpChangeType.Deleted && change.Resource.Metadata.Name == name && condition(change.Resource))
            {
                return change.Resource;
            }
        }

        throw new TimeoutException($"{T.Definition.Name} '{name}' did not come to what was awaited.");
    }

    public static Task<DcpExecutable> WaitForStateAsync(
        this DcpClient client, string name, string state, CancellationToken cancellationToken) =>
        client.WaitAsync<DcpExecutable>(name, executable => executable.Status?.State == state, cancellationToken);

    public static async Task<int> CreateServiceAsync(this DcpClient client, string name, CancellationToken cancellationToken)
    {
        await client.CreateAsync(Service(name), cancellationToken);
        var service = await client.WaitAsync<DcpService>(name, service => service.EffectivePort is not null, cancellationToken);
        return service.EffectivePort!.Value;
    }

    /// <summary>Asks on a new connection each time, until a process answers.</summary>
    public static async Task<HttpStatusCode> GetStatusAsync(int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience.Limit);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/health"), limit.Token);
                return response.StatusCode;
            }
            catch (HttpRequestException)
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
    }

    public static bool IsListening(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static async Task WaitUntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience.Limit);
        (await Poll.UntilAsync(condition, TimeProvider.System, limit.Token)).ShouldBeTrue();
    }
}
