using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// A container engine for the tests: the one that answers on this machine and has, or can get, the images that they need, by default that of
/// PostgreSQL; else one of their own from <c>eng/containers</c>, with stand-ins for these images. Without either the test is skipped.
/// </summary>
public sealed partial class ContainerEngine : IAsyncLifetime
{
    // To build the images takes half of it on a busy machine.
    private static readonly TimeSpan LongestCommand = TimeSpan.FromMinutes(25);

    // Short, for the paths of the engine's sockets have a limit.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fg4-engine-");
    private readonly string[] _images;
    private readonly string[] _makers;
    private readonly string _options;
    private string? _missing;

    public ContainerEngine()
        : this(["postgres:17"], ["postgres.sh"], options: "")
    {
    }

    /// <param name="images">What is needed, by the names that a registry has them under.</param>
    /// <param name="makers">The scripts that make stand-ins for them.</param>
    /// <param name="options">Of <c>engine.sh</c>.</param>
    internal ContainerEngine(string[] images, string[] makers, string options) => (_images, _makers, _options) = (images, makers, options);

    /// <summary>Whether it is the tests' own, in which they need not mind anybody else.</summary>
    internal bool IsOwn => Environment is not [];

    /// <summary>What a program needs to find it.</summary>
    internal (string Name, string Value)[] Environment { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        var has = _images.Select(image => $" && {{ docker image inspect {image} || docker pull --quiet {image}; }}");
        if ((await RunAsync($"docker version && docker compose version{string.Concat(has)}")).ExitCode == 0)
        {
            return;
        }

        if (!File.Exists("/etc/debian_version") || !System.Environment.IsPrivilegedProcess)
        {
            _missing = $"No container engine has {string.Join(", ", _images)}, and eng/containers starts one only for root on Debian.";
            return;
        }

        var made = await RunAsync($"'{Scripts}/engine.sh' '{_folder.FullName}' {_options}");
        Environment = [.. Exported().Matches(made.Output).Select(match => (match.Groups[1].Value, Expanded(match.Groups[2].Value)))];
        foreach (var maker in _makers)
        {
            made = made.ExitCode == 0 ? await RunAsync($"'{Scripts}/{maker}'") : made;
        }

        _missing = made.ExitCode == 0 ? null : $"eng/containers could make no container engine: {made.Output}";
    }

    /// <summary>Why there is none, if so.</summary>
    internal string? WhyMissing => _missing;

    /// <summary>Skips the test when there is no engine.</summary>
    internal void Require() => Assert.SkipWhen(_missing is not null, _missing ?? "");

    /// <returns>What <c>docker</c> prints.</returns>
    internal async Task<string> DockerAsync(string arguments)
    {
        var (exitCode, output) = await RunAsync($"docker {arguments}");
        exitCode.ShouldBe(0, output);
        return output;
    }

    /// <summary>Runs a line of shell with what is needed to find the engine.</summary>
    internal async Task<(int ExitCode, string Output)> RunAsync(string command, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("sh", ["-c", $"exec 2>&1\n{command}"]) { RedirectStandardOutput = true };
        foreach (var (name, value) in Environment.Concat(environment))
        {
            start.Environment[name] = value;
        }

        using var limit = new CancellationTokenSource(LongestCommand);
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync(limit.Token);
        await shell.WaitForExitAsync(limit.Token);
        return (shell.ExitCode, output.Trim());
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(_folder.FullName, "docker.pid")))
        {
            var (exitCode, output) = await RunAsync($"'{Scripts}/stop-engine.sh' '{_folder.FullName}'");
            exitCode.ShouldBe(0, output);
        }

        _folder.Delete(recursive: true);
    }

    // artifacts/bin/FreeGpt4.Tests/debug/ -> eng/containers
    private static string Scripts => Path.GetFullPath("../../../../eng/containers", AppContext.BaseDirectory);

    private static string Expanded(string value) => value.Replace("$PATH", System.Environment.GetEnvironmentVariable("PATH"), StringComparison.Ordinal);

    // export PATH=/…:$PATH DOCKER_HOST=unix:///… DOCKER_CONFIG=/…
    [GeneratedRegex(@"(PATH|DOCKER_HOST|DOCKER_CONFIG)=(\S+)")]
    private static partial Regex Exported();
}
