using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>The built AppHost as a process of its own, on free ports, as a user starts it.</summary>
internal sealed partial class AppHostProcess : IAsyncDisposable
{
    public const string DashboardApiKey = "test-dashboard-api-key";

    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _dashboard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AppHostProcess(IReadOnlyDictionary<string, string> environment)
    {
        EdgePort = environment.TryGetValue("EDGE_PORT", out var port) && int.TryParse(port, out var number) ? number : FreePorts.Next();

        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        // The sockets on which the aspire CLI finds AppHosts are below it.
        start.Environment["HOME"] = TestRun.Folder;
        start.Environment["EDGE_PORT"] = $"{EdgePort}";
        start.Environment["EDGE"] = "proxy";

        // A fifth of what a start costs. Who looks at it asks for it.
        start.Environment["DASHBOARD"] = "false";

        // Nobody else: no test reaches the internet, or a server that happens to run on this machine.
        start.Environment["FALLBACK_PROVIDERS"] = "Custom,Demo";

        // All tests have one address, and ask faster than people do.
        start.Environment["RATE_LIMIT_API"] = "off";
        start.Environment["RATE_LIMIT_SETTINGS"] = "off";
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["DATA_DIR"] = TestRun.NewDataFolder();
        start.Environment["AppHost__DashboardApiKey"] = DashboardApiKey;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        Process = new Process { StartInfo = start, EnableRaisingEvents = true };
        Process.OutputDataReceived += (_, line) => OnLine(line.Data);
        Process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        Process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("The AppHost ended before the cluster was ready."));
        Process.Start();
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    public Process Process { get; }

    public int EdgePort { get; }

    public Uri EdgeUrl => new($"http://localhost:{EdgePort}");

    /// <summary>The link to log in at, as printed.</summary>
    public Task<Uri> DashboardLogin => _dashboard.Task.WaitAsync(Patience.Limit);

    public string Output => string.Join('\n', _output);

    /// <summary>Where it is started.</summary>
    public static string Folder => Path.GetDirectoryName(Program)!;

    // artifacts/bin/FreeGpt4.Tests/debug/ -> artifacts/bin/FreeGpt4.AppHost/debug/FreeGpt4.AppHost
    public static string Program
    {
        get
        {
            var tests = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(tests.Parent!.Parent!.FullName, "FreeGpt4.AppHost", tests.Name, "FreeGpt4.AppHost");
        }
    }

    /// <summary>Starts it without waiting for anything.</summary>
    public static AppHostProcess Start(params (string Name, string Value)[] environment)
        => new(environment.ToDictionary(v => v.Name, v => v.Value));

    /// <summary>Starts it and waits until the edge says that the cluster can be used.</summary>
    public static async Task<AppHostProcess> StartReadyAsync(params (string Name, string Value)[] environment)
    {
        var appHost = Start(environment);
        try
        {
            await appHost._ready.Task.WaitAsync(Patience.Limit);
            return appHost;
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            var output = appHost.Output;
            await appHost.DisposeAsync();
            throw new InvalidOperationException($"{exception.Message}\n{output}", exception);
        }
    }

    /// <summary>Waits for the end of a start that is expected to fail.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Patience.Limit);
        await Process.WaitForExitAsync(limited.Token);
        return Process.ExitCode;
    }

    /// <summary>Asks it to stop and waits for its end.</summary>
    public async Task<int> StopAsync()
    {
        if (!Process.HasExited)
        {
            Process.SendTerminate();
            using var limited = new CancellationTokenSource(Patience.Limit);
            await Process.WaitForExitAsync(limited.Token);
        }

        return Process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        catch (OperationCanceledException)
        {
            Process.Kill();
            throw new TimeoutException($"The AppHost did not stop within {Patience.Limit.TotalSeconds} s:\n{Output}");
        }
        finally
        {
            Process.Dispose();
        }
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        LeakWatch.LookAt("AppHost", line);
        _output.Enqueue(line);
        if (line.Contains("FreeGpt4 is ready", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }

        if (LoginLink().Match(line) is { Success: true } link)
        {
            _dashboard.TrySetResult(new Uri(link.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"Login to the dashboard at (\S+)")]
    private static partial Regex LoginLink();
}
