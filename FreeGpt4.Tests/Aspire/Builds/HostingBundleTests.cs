using System.Diagnostics;
using System.Runtime.Versioning;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>The real install script, with an npm that does as it is told and brings a CLI of two shell lines.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostingBundleTests : IDisposable
{
    private const string Package = "node_modules/@microsoft/aspire-cli-linux-x64";

    private static readonly string[] Tools =
        ["cat", "chmod", "cp", "dirname", "env", "flock", "getconf", "grep", "ln", "mkdir", "mktemp", "mv", "rm", "sed", "sh", "sleep", "touch", "uname"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("freegpt4-bundle-");
    private readonly string _bin;
    private readonly string _cache;

    public HostingBundleTests()
    {
        _bin = _folder.CreateSubdirectory("bin").FullName;
        _cache = Path.Combine(_folder.FullName, "cache");
        foreach (var tool in Tools)
        {
            File.CreateSymbolicLink(Path.Combine(_bin, tool), FindOnPath(tool));
        }

        WriteNpm("exit 0");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => Path.Combine(_cache, "aspire-13.5.4");

    private string NpmLog => Path.Combine(_folder.FullName, "npm.log");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Install_BringsAllThreeAndNothingElse()
    {
        (await InstallAsync()).ShouldSucceed().Output.ShouldBeEmpty();

        ShouldBeInstalled();
        Directory.EnumerateDirectories(_cache).ShouldHaveSingleItem();
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder.FullName, "home")).ShouldBeEmpty();
        File.ReadAllText(NpmLog).ShouldContain("aspire-cli-linux-x64\": \"13.5.4\"");
    }

    [Fact]
    public async Task Install_WhenItIsThere_DoesNothing()
    {
        (await InstallAsync()).ShouldSucceed();
        WriteNpm("exit 1");

        (await InstallAsync()).ShouldSucceed();
    }

    [Fact]
    public async Task Install_WhenAPartIsGone_RepairsIt()
    {
        (await InstallAsync()).ShouldSucceed();
        Directory.Delete(Path.Combine(Target, "bundle", "dcp"), recursive: true);

        (await InstallAsync()).ShouldSucceed();

        ShouldBeInstalled();
    }

    [Fact]
    public async Task Install_AfterAnInterruptedOne_CleansUpAndInstalls()
    {
        WriteNpm($"touch '{_folder.FullName}/started'; while :; do sleep 1; done");
        using (var interrupted = Start())
        {
            await UntilAsync(() => File.Exists(Path.Combine(_folder.FullName, "started")));
            interrupted.Kill(entireProcessTree: true);
            await interrupted.WaitForExitAsync(Cancellation);
        }

        Directory.EnumerateDirectories(_cache).ShouldHaveSingleItem().ShouldContain(".staging.");
        WriteNpm("exit 0");

        (await InstallAsync()).ShouldSucceed();

        ShouldBeInstalled();
        Directory.EnumerateDirectories(_cache).ShouldHaveSingleItem().ShouldBe(Target);
    }

    [Fact]
    public async Task Installs_AtTheSameTime_CallNpmOnce()
    {
        var goOn = Path.Combine(_folder.FullName, "go-on");
        WriteNpm($"while [ ! -e '{goOn}' ]; do sleep 0.05; done");
        using var first = Start();
        await UntilAsync(() => File.Exists(NpmLog));
        using var second = Start();
        await UntilAsync(() => HasChild(second, "flock"));
        await File.WriteAllTextAsync(goOn, "", Cancellation);

        var results = await Task.WhenAll(Command.FinishAsync(first, Cancellation), Command.FinishAsync(second, Cancellation));

        results.ShouldAllBe(result => result.ExitCode == 0 && result.Output == "");
        File.ReadAllText(NpmLog).Split("called with").Length.ShouldBe(2);
        ShouldBeInstalled();
    }

    [Theory]
    [InlineData("npm error code ECONNREFUSED", "cannot be reached")]
    [InlineData("npm error code E404", "does not carry it")]
    [InlineData("npm error code E401", "refused it")]
    [InlineData("npm error code EINTEGRITY", "aspire/bundle/package-lock.json")]
    [InlineData("npm error code ENOSPC", "the disk is full")]
    [InlineData("npm error something new", "npm could not install")]
    public async Task Npm_ThatFails_IsOneLineThatSaysWhatToDo(string printed, string expected)
    {
        WriteNpm($"echo '{printed}' >&2; exit 1");

        var result = await InstallAsync();

        result.ExitCode.ShouldNotBe(0);
        var line = result.Output.TrimEnd('\n');
        line.ShouldContain(expected);
        line.ShouldContain($"Log: {Target}.log");
        line.ShouldNotContain('\n');
        File.ReadAllText($"{Target}.log").ShouldContain(printed);
        Directory.EnumerateDirectories(_cache).ShouldBeEmpty();
    }

    [Fact]
    public async Task Cli_ThatCannotUnpack_IsOneLineWithItsLog()
    {
        WriteNpm("exit 0", setup: "echo no room; exit 1");

        var result = await InstallAsync();

        result.ExitCode.ShouldNotBe(0);
        result.Output.ShouldStartWith("The Aspire CLI could not unpack");
        File.ReadAllText($"{Target}.log").ShouldContain("no room");
        Directory.Exists(Target).ShouldBeFalse();
    }

    [Theory]
    [InlineData("uname", "case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac", "this is Darwin arm64")]
    [InlineData("getconf", "exit 1", "needs glibc")]
    [InlineData("npm", null, "npm is not on the PATH: install Node.js")]
    public async Task Machine_ThatLacksSomething_IsOneLineThatNamesIt(string tool, string? script, string expected)
    {
        var path = Path.Combine(_bin, tool);
        File.Delete(path);
        if (script is not null)
        {
            Script.Write(path, script);
        }

        var result = await InstallAsync();

        result.ExitCode.ShouldNotBe(0);
        result.Output.ShouldContain(expected);
        result.Output.ShouldContain("ASPIRE_DCP_PATH");
        result.Output.TrimEnd('\n').ShouldNotContain('\n');
    }

    private async Task<CommandResult> InstallAsync()
    {
        using var process = Start();
        return await Command.FinishAsync(process, Cancellation);
    }

    private Process Start() =>
        new Command("/bin/sh", Path.Combine(BuildWorkspace.Repository, "aspire", "bundle", "install.sh"), Target)
        {
            WorkingDirectory = _folder.FullName,
            Environment = new Dictionary<string, string?>
            {
                ["PATH"] = _bin,
                ["HOME"] = _folder.CreateSubdirectory("home").FullName,
            },
        }.Start();

    private void WriteNpm(string script, string setup = "exit 0") => Script.Write(Path.Combine(_bin, "npm"), $"""
        [ "$1" = ci ] || exit 0
        echo "called with $(cat package.json package-lock.json)" >> '{NpmLog}'
        mkdir -p '{Package}/bin'
        cat > '{Package}/bin/aspire' <<'end'
        #!/bin/sh
        layout=$HOME/.aspire/versions/13.5.4_abc
        mkdir -p "$layout/dcp" "$layout/managed"
        cp "$0" "$layout/dcp/dcp"
        cp "$0" "$layout/managed/aspire-managed"
        {setup}
        end
        chmod +x '{Package}/bin/aspire'
        {script}
        """);

    private void ShouldBeInstalled()
    {
        foreach (var file in new[] { "bin/aspire", "bundle/dcp/dcp", "bundle/managed/aspire-managed" })
        {
            File.GetUnixFileMode(Path.Combine(Target, file)).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue(file);
        }
    }

    private static bool HasChild(Process process, string name) =>
        Process.GetProcessesByName(name).Any(child => File.ReadAllText($"/proc/{child.Id}/stat").Split(' ')[3] == $"{process.Id}");

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience.Limit);
        while (!condition())
        {
            await poll.WaitForNextTickAsync(limit.Token);
        }
    }

    private static string FindOnPath(string tool) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, tool)).First(File.Exists);
}
