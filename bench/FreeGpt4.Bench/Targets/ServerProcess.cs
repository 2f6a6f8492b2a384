using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FreeGpt4.Bench.Targets;

/// <summary>A server under measurement, on a free port of 127.0.0.1.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly List<string> _output = [];

    private ServerProcess(ProcessStartInfo start, int port)
    {
        Address = new($"http://127.0.0.1:{port}");
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public Uri Address { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not answer in time; with what it said.</exception>
    public static async Task<ServerProcess> StartAsync(Func<int, ProcessStartInfo> start, string probe, CancellationToken cancellationToken)
    {
        var port = FreePort();
        var server = new ServerProcess(start(port), port);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();

        using var client = new HttpClient { BaseAddress = server.Address };
        var waited = Stopwatch.StartNew();
        while (!server._process.HasExited && waited.Elapsed < Patience)
        {
            try
            {
                using var response = await client.GetAsync(probe, cancellationToken);
                return server;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, cancellationToken);
            }
        }

        await server.DisposeAsync();
        throw new InvalidOperationException($"{server._process.StartInfo.FileName} does not answer:\n{string.Join('\n', server._output)}");
    }

    /// <summary>The processor time that it and those it started, such as the workers of nginx, have taken so far; <c>null</c> where the system does not tell.</summary>
    public TimeSpan? ReadCpuTime() => OperatingSystem.IsLinux() ? CpuTimeOf(_process.Id) : null;

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

    private static TimeSpan CpuTimeOf(int id)
    {
        using var process = Process.GetProcessById(id);
        var children = File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Select(int.Parse).Aggregate(process.TotalProcessorTime, (time, child) => time + CpuTimeOf(child));
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

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
