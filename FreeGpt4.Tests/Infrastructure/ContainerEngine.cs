using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// A container engine for the tests: the one that answers on this machine and has, or can get, the image of PostgreSQL; else one of their own
/// from <c>eng/containers</c>, with a stand-in for that image. Without either the test is skipped.
/// </summary>
public sealed partial class ContainerEngine : IAsyncLifetime
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(5);

    // Short, for the paths of the engine's sockets have a limit.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fg4-engine-");
    private string? _missing;

    /// <summary>What a program needs to find it.</summary>
    internal (string Name, string Value)[] Environment { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        if ((await RunAsync("docker version && { docker image inspect postgres:17 || docker pull --quiet postgres:17; }")).ExitCode == 0)
        {
            return;
        }

        if (!File.Exists("/etc/debian_version") || !System.Environment.IsPrivilegedProcess)
        {
            _missing = "No container engine has the image postgres:17, and eng/containers starts one only for root on Debian.";
            return;
        }

        var engine = await RunAsync($"'{Scripts}/engine.sh' '{_folder.FullName}'");
        Environment = [.. Exported().Matches(engine.Output).Select(match => (match.Groups[1].Value, Expanded(match.Groups[2].Value)))];
        var image = engine.ExitCode == 0 ? await RunAsync($"'{Scripts}/postgres.sh'") : engine;
        _missing = image.ExitCode == 0 ? null : $"eng/containers could make no container engine: {image.Output}";
    }

    /// <summary>Skips the test when there is no engine.</summary>
    internal void Require() => Assert.SkipWhen(_missing is not null, _missing ?? "");

    /// <returns>What <c>docker</c> prints.</returns>
    internal async Task<string> DockerAsync(string arguments)
    {
        var (exitCode, output) = await RunAsync($"docker {arguments}");
        exitCode.ShouldBe(0, output);
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        var pidFile = Path.Combine(_folder.FullName, "docker.pid");
        if (File.Exists(pidFile))
        {
            using var engine = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(pidFile)));
            engine.SendTerminate();
            using var limit = new CancellationTokenSource(Patience.Limit);
            await engine.WaitForExitAsync(limit.Token);
        }

        _folder.Delete(recursive: true);
    }

    // artifacts/bin/FreeGpt4.Tests/debug/ -> eng/containers
    private static string Scripts => Path.GetFullPath("../../../../eng/containers", AppContext.BaseDirectory);

    private static string Expanded(string value) => value.Replace("$PATH", System.Environment.GetEnvironmentVariable("PATH"), StringComparison.Ordinal);

    private async Task<(int ExitCode, string Output)> RunAsync(string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", $"exec 2>&1\n{command}"]) { RedirectStandardOutput = true };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        using var limit = new CancellationTokenSource(LongestStart);
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync(limit.Token);
        await shell.WaitForExitAsync(limit.Token);
        return (shell.ExitCode, output.Trim());
    }

    // export PATH=/…:$PATH DOCKER_HOST=unix:///… DOCKER_CONFIG=/…
    [GeneratedRegex(@"(PATH|DOCKER_HOST|DOCKER_CONFIG)=(\S+)")]
    private static partial Regex Exported();
}
