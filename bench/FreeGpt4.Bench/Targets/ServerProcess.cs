using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FreeGpt4.Bench.Targets;

/// <summary>A server under measurement, on a free port of 127.0.0.1.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly double PageInMegabytes = Environment.SystemPageSize / 1e6;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly Process _process;
    private readonly List<string> _output = [];

    private ServerProcess(ProcessStartInfo start, IPAddress address, int port)
    {
        Address = new($"http://{address}:{port}");
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public Uri Address { get; }

    public int Id => _process.Id;

    /// <summary>From when it was started until its probe was answered with success.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="start">What to start, for a port.</param>
    /// <param name="probe">What is asked until the answer is a success.</param>
    /// <exception cref="TargetException">It ended, or did not answer in time; with what it said.</exception>
    public static async Task<ServerProcess> StartAsync(
        Func<int, ProcessStartInfo> start, string probe, CancellationToken cancellationToken, IPAddress? address = null, int? port = null)
    {
        var at = port ?? FreePort();
        var server = new ServerProcess(start(at), address ?? IPAddress.Loopback, at);
        var clock = Stopwatch.StartNew();
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();

        using var client = new HttpClient { BaseAddress = server.Address };
        while (!server._process.HasExited && clock.Elapsed < Patience)
        {
            if (await AnswersAsync(client, probe, cancellationToken))
            {
                server.StartTime = clock.Elapsed;
                return server;
            }

            await Task.Delay(Pause, cancellationToken);
        }

        await server.DisposeAsync();
        throw new TargetException($"{server._process.StartInfo.FileName} does not answer:\n{string.Join('\n', server._output)}");
    }

    /// <summary>A port of 127.0.0.1 that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>The processor time that it and those it started, such as the workers of nginx, have taken so far.</summary>
    public TimeSpan ReadCpuTime() => Tree(Id).Aggregate(TimeSpan.Zero, (time, id) =>
    {
        using var process = Process.GetProcessById(id);
        return time + process.TotalProcessorTime;
    });

    /// <summary>What of it and those it started is in memory, in megabytes; what they share counts for each.</summary>
    public double ReadMemory() => Tree(Id).Sum(id => long.Parse(File.ReadAllText($"/proc/{id}/statm").Split(' ')[1]) * PageInMegabytes);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var terminate = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await terminate.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string probe, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(probe, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Not yet.
            return false;
        }
    }

    private static IEnumerable<int> Tree(int id) =>
        File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).SelectMany(Tree).Prepend(id);

    private void Keep(string? line)
    {
        lock (_output)
        {
            if (line is not null && _output.Count < 100)
            {
                _output.Add(line);
            }
        }
    }
}
