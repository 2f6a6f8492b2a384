using System.Runtime.InteropServices;
using FreeGpt4.Tests.Aspire.Builds;
using FreeGpt4.Tests.Aspire.Dcp;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Cli;

/// <summary>The real <c>aspire</c> program, with a home of its own: nothing of this user's is read or written, and AppHosts of other tests are not seen.</summary>
internal sealed class AspireCli : IDisposable
{
    /// <summary>Has the dashboard take any ports, whatever the launch profile says.</summary>
    public static readonly string[] OnFreePorts =
    [
        "--", "--ASPNETCORE_URLS=http://localhost:0", "--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://localhost:0",
        "--ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL=http://localhost:0",
    ];

    // Short, since the path of a socket has 107 bytes at most.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aspire-cli-");

    public AspireCli(params (string Name, string Value)[] settings)
    {
        Environment = new()
        {
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH"),
            ["HOME"] = Home,
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_CLI_UI_LANGUAGE"] = "en",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["DOTNET_NOLOGO"] = "1",
            ["MSBUILDDISABLENODEREUSE"] = "1",

            // As these tests were built: the question which one it is depends on the home.
            ["AspireHosting"] = "local",
            ["Configuration"] = new DirectoryInfo(AppContext.BaseDirectory).Name,
            ["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "1",
            ["ASPIRE_CONSOLE_WIDTH"] = "400",

            // It would ask NuGet whether there is a newer one.
            ["ASPIRE_VERSION_CHECK_DISABLED"] = "true",
            ["NO_COLOR"] = "1",
            ["ASPIRE_BUNDLE_CACHE"] = Path.GetFullPath(Path.Combine(Bundle, "..", "..")),

            ["API_REPLICAS"] = "1",
            ["EDGE"] = "proxy",
            ["EDGE_PORT"] = $"{EdgePort}",
            ["DATA_DIR"] = Path.Combine(Home, "data"),
            ["FALLBACK_PROVIDERS"] = "Custom,Demo",
            ["RATE_LIMIT_API"] = "off",
            ["CUSTOM_API_KEY"] = $"sk-{LeakWatch.Secret}",
        };
        foreach (var (name, value) in settings)
        {
            Environment[name] = value;
        }
    }

    public static string AppHost { get; } = Path.Combine(Repository.Path, "FreeGpt4.AppHost", "FreeGpt4.AppHost.csproj");

    public Dictionary<string, string?> Environment { get; }

    public string Home => _folder.FullName;

    public int EdgePort { get; } = FreePorts.Next();

    /// <summary>Where the sockets of AppHosts are.</summary>
    public DirectoryInfo Sockets => new(Path.Combine(Home, ".aspire", "cli", "bch"));

    // …/aspire-13.5.4/bundle/dcp/dcp
    private static string Bundle => Path.GetFullPath(Path.Combine(DcpBundle.Dcp, "..", ".."));

    private static string Program
    {
        get
        {
            Assert.SkipUnless(File.Exists(Path.Combine(Bundle, "..", "bin", "aspire")), "The aspire CLI is not where DCP is: DCP was not installed by the build.");
            return Path.Combine(Repository.Path, "aspire", "cli.sh");
        }
    }

    public Command Command(params string[] arguments) => new(Program, [.. Quietly(arguments)]) { WorkingDirectory = Home, Environment = Environment };

    /// <summary>Runs a command to its end.</summary>
    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience.Limit);
        var result = await Command(arguments).RunAsync(limit.Token);
        LeakWatch.LookAt($"aspire {arguments[0]}", result.Output + result.Error);
        return result;
    }

    /// <summary>Runs a command for the AppHost of this repository as it is built.</summary>
    public Task<CommandResult> RunWithAppHostAsync(string command, params string[] arguments)
        => RunAsync([command, "--apphost", AppHost, .. arguments]);

    /// <summary>Runs a command that goes on until a line is what was waited for, then interrupts it.</summary>
    public async Task<(int ExitCode, string Output)> RunUntilAsync(Func<string, bool> isLast, params string[] arguments)
    {
        Assert.SkipWhen(Signals.InterruptIsIgnored, "This process was started with Ctrl+C ignored, and so is what it starts.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience.Limit);
        using var process = Command(arguments).Start();
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            var lines = new List<string>();
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                lines.Add(line);
                if (isLast(line))
                {
                    break;
                }
            }

            process.SendInterrupt();
            lines.Add(await process.StandardOutput.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            lines.Add(await errors);
            var output = string.Join('\n', lines);
            LeakWatch.LookAt($"aspire {arguments[0]}", output);
            return (process.ExitCode, output);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Waits for the end of everything that was started with this home. The CLI kills an AppHost that takes 10 s to stop, and DCP then what that ran.</summary>
    public Task EverythingEndsAsync()
        => Eventually.IsTrue(() => !Directory.EnumerateDirectories("/proc").Any(HasThisHome), Patience.Limit, $"nothing runs with the home {Home}", CancellationToken.None);

    public void Dispose()
    {
        LeakWatch.LookAtFiles(Home);
        _folder.Delete(recursive: true);
    }

    private bool HasThisHome(string process)
    {
        try
        {
            return int.TryParse(Path.GetFileName(process), out _) && File.ReadAllText(Path.Combine(process, "environ")).Split('\0').Contains($"HOME={Home}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is somebody else's.
            return false;
        }
    }

    // Before the arguments of the AppHost, which follow "--".
    private static IEnumerable<string> Quietly(string[] arguments) => [arguments[0], "--non-interactive", "--nologo", .. arguments[1..]];
}
