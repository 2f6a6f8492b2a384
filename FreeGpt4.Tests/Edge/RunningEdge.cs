using System.Collections.Concurrent;
using System.Diagnostics;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>An edge in a process of its own, on a port of this machine.</summary>
public sealed class RunningEdge : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];

    private RunningEdge(ProcessStartInfo start, int port)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        Port = port;

        // A test that leaves an answer unread must not wait for its rest.
        Client = new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
    }

    public int Port { get; }

    public HttpClient Client { get; }

    /// <summary>What it said on standard output and error.</summary>
    public IReadOnlyCollection<string> Output => _output;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts it and waits until it answers for its own health.</summary>
    public static async Task<RunningEdge> StartAsync(ProcessStartInfo start, int port)
    {
        var edge = new RunningEdge(start, port);
        edge._process.Start();
        edge._process.BeginOutputReadLine();
        edge._process.BeginErrorReadLine();
        try
        {
            await Eventually.IsTrue(edge.IsHealthyAsync, Patience.Limit, "the edge is healthy", TestContext.Current.CancellationToken);
            return edge;
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            await edge.DisposeAsync();
            throw new InvalidOperationException($"{exception.Message}\n{string.Join('\n', edge.Output)}", exception);
        }
    }

    /// <summary>Waits until it has said something.</summary>
    public Task SaysAsync(string text) => Eventually.IsTrue(
        () => _output.Any(line => line.Contains(text, StringComparison.Ordinal)),
        Patience.Limit,
        $"the edge says \"{text}\"",
        TestContext.Current.CancellationToken);

    public void Terminate() => _process.SendTerminate();

    public async Task<int> ExitCodeAsync()
    {
        using var limited = new CancellationTokenSource(Patience.Limit);
        await _process.WaitForExitAsync(limited.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            Terminate();
            await ExitCodeAsync();
        }

        _process.Dispose();
    }

    private async Task<bool> IsHealthyAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"The edge ended with {_process.ExitCode}.");
        }

        try
        {
            using var response = await Client.GetAsync("/health", TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException notYet) when (notYet.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return false;
        }
    }

    private void OnLine(string? line)
    {
        if (line is not null)
        {
            LeakWatch.LookAt("edge", line);
            _output.Enqueue(line);
        }
    }
}
