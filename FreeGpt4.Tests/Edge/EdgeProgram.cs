using System.Diagnostics;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>One of the two edges, and how it is started. Settings go by the names of their environment variables.</summary>
public abstract class EdgeProgram
{
    // Of whoever runs the tests; they are no part of a test.
    private static readonly string[] Inherited = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS"];

    /// <summary>Starts it in front of one address, as on one machine, where every request has a connection of its own.</summary>
    public async Task<RunningEdge> StartAsync(Uri replica, params IEnumerable<(string Name, string Value)> settings)
    {
        var port = FreePorts.Next();
        return await RunningEdge.StartAsync(With(await InFrontOfAsync(replica), port, settings), port);
    }

    /// <summary>Starts it in front of a name that leads to several replicas, as in Docker Compose, where connections are kept.</summary>
    public async Task<RunningEdge> StartAsync(ReplicaName replicas, params IEnumerable<(string Name, string Value)> settings)
    {
        var port = FreePorts.Next();
        var edge = await RunningEdge.StartAsync(With(await InFrontOfAsync(replicas), port, settings), port);
        try
        {
            await KnowsAsync(replicas);
            return edge;
        }
        catch
        {
            await edge.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it with settings that it is expected to refuse.</summary>
    /// <returns>What it ended with, and the lines on standard error.</returns>
    public async Task<(int ExitCode, IReadOnlyList<string> Errors)> RefuseAsync(params IEnumerable<(string Name, string Value)> settings)
    {
        var start = With(await InFrontOfAsync(new Uri("http://127.0.0.1:1")), FreePorts.Next(), settings);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limited.CancelAfter(Patience.Limit / 3);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limited.Token);
            var errors = await process.StandardError.ReadToEndAsync(limited.Token);
            await output;
            await process.WaitForExitAsync(limited.Token);
            return (process.ExitCode, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        catch (OperationCanceledException)
        {
            process.SendTerminate();
            throw new TimeoutException($"It was started: {string.Join(", ", settings)}");
        }
    }

    /// <summary>Waits until an edge that has just started knows the replicas: it answers for its own health without them.</summary>
    protected virtual Task KnowsAsync(ReplicaName replicas) => Task.CompletedTask;

    protected abstract Task<ProcessStartInfo> InFrontOfAsync(Uri replica);

    protected abstract Task<ProcessStartInfo> InFrontOfAsync(ReplicaName replicas);

    private static ProcessStartInfo With(ProcessStartInfo start, int port, IEnumerable<(string Name, string Value)> settings)
    {
        foreach (var name in Inherited)
        {
            start.Environment.Remove(name);
        }

        start.Environment["EDGE_PORT"] = $"{port}";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
