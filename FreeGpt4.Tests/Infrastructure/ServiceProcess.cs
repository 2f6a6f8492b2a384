using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>One built service, the edge or the API, in a process of its own.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new();
    private readonly ConcurrentQueue<string> _errors = [];
    private readonly ConcurrentQueue<string> _output = [];

    private ServiceProcess(string program, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var inherited in (string[])["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "EDGE_PORT"])
        {
            start.Environment.Remove(inherited);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Read(program, line.Data);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                LeakWatch.LookAt(program, text);
                _errors.Enqueue(text);
            }
        };
    }

    /// <summary>The lines on standard error, complete once the process has ended.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>The lines on standard output, complete once the process has ended.</summary>
    public IReadOnlyCollection<string> Output => _output;

    public bool HasExited => _process.HasExited;

    public int Id => _process.Id;

    /// <param name="program"><c>FreeGpt4.Proxy</c> or <c>FreeGpt4.LlmApi</c>.</param>
    public static ServiceProcess Start(string program, params IEnumerable<(string Name, string Value)> environment)
    {
        var service = new ServiceProcess(program, environment);
        service._process.Start();
        service._process.BeginOutputReadLine();
        service._process.BeginErrorReadLine();
        return service;
    }

    /// <summary>Where it listens, as soon as it does.</summary>
    public Task<Uri> AddressAsync() => _address.Task.WaitAsync(TestContext.Current.CancellationToken);

    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        kill.ExitCode.ShouldBe(0);
    }

    /// <summary>Ends it without a warning.</summary>
    public void Kill() => _process.Kill();

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Ends it at once, whatever it is doing.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Read(string program, string? line)
    {
        LeakWatch.LookAt(program, line);
        if (line is not null)
        {
            _output.Enqueue(line);
        }

        if (line?.IndexOf(Listening, StringComparison.Ordinal) is { } index and >= 0)
        {
            _address.TrySetResult(new Uri(line[(index + Listening.Length)..]));
        }
        else if (line is null)
        {
            _address.TrySetException(new InvalidOperationException("The service ended without listening."));
        }
    }
}
