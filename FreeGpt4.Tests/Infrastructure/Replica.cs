using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A real server on a random loopback port that stands for one replica of the API. It counts what reaches it.</summary>
public sealed class Replica : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _connectionOfRequest = [];
    private readonly Lock _lock = new();
    private int _openConnections;
    private TaskCompletionSource _closed = new();

    private Replica(RequestDelegate answer, IPEndPoint? address)
    {
        var answersProbes = address is not null;
        address ??= new IPEndPoint(IPAddress.Loopback, 0);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, endpoint => endpoint.Use(CountConnections)));
        _app = builder.Build();
        _app.Run(context =>
        {
            if (answersProbes && context.Request.Path == "/health")
            {
                return Task.CompletedTask;
            }

            _connectionOfRequest.Enqueue(context.Connection.Id);
            return answer(context);
        });
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>For each request so far, the connection that it came on.</summary>
    public IReadOnlyCollection<string> ConnectionOfRequest => _connectionOfRequest;

    /// <param name="address">
    /// Where it listens, when not on a random port: one of several replicas, which says by itself that it is ready when an edge asks.
    /// </param>
    public static async Task<Replica> StartAsync(RequestDelegate answer, IPEndPoint? address = null)
    {
        var replica = new Replica(answer, address);
        await replica._app.StartAsync(TestContext.Current.CancellationToken);
        return replica;
    }

    /// <summary>Waits until no more connections than that are open.</summary>
    /// <returns>How many are.</returns>
    public async Task<int> HasOpenConnectionsAsync(int atMost)
    {
        while (true)
        {
            Task closed;
            lock (_lock)
            {
                if (_openConnections <= atMost)
                {
                    return _openConnections;
                }

                closed = _closed.Task;
            }

            await closed.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private ConnectionDelegate CountConnections(ConnectionDelegate next) => async connection =>
    {
        lock (_lock)
        {
            _openConnections++;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (_lock)
            {
                // Whoever waits looks again at once, and must find the next task then.
                var closed = _closed;
                _closed = new TaskCompletionSource();
                _openConnections--;
                closed.SetResult();
            }
        }
    };
}
