using System.Diagnostics;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>How settings become a configuration of nginx: <c>nginx/render.sh</c>.</summary>
public sealed class NginxScriptTests : IDisposable
{
    // nginx/ at the top of the repository, which artifacts/bin/FreeGpt4.Tests/debug/ lies four levels below.
    private static readonly string Scripts = Path.GetFullPath("../../../../nginx", AppContext.BaseDirectory);

    // Each has something that a shell, awk or nginx could trip over.
    private static readonly (string, string)[] Unusual =
    [
        ("EDGE_PORT", "08080"), ("UPSTREAM_READ_TIMEOUT", "0090s"), ("RATE_LIMIT_API", "7r/m"), ("RATE_LIMIT_BURST", "off"),
        ("CORS_ORIGINS", " https://A.example , http://[::1]:3000"), ("TRUSTED_PROXIES", "10.0.0.0/8,::1, fd00::/8,::ffff:192.0.2.0/120"),
        ("NGINX_FAIL_TIMEOUT", "off"), ("UPSTREAM", "[::1]:5500"), ("LOG_FILE_SIZE", "1g"), ("STICKY", "ip"), ("UPSTREAM_KEEPALIVE", "7"),
    ];

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    // What both edges are given is in EdgeTests; this is nginx's own.
    [Theory]
    [InlineData("UPSTREAM", "llm-api")]
    [InlineData("UPSTREAM", "llm-api:0")]
    [InlineData("UPSTREAM", "a;b:1")]
    [InlineData("UPSTREAM_RESOLVE", "yes")]
    [InlineData("NGINX_SHUTDOWN_TIMEOUT", "2")]
    [InlineData("NGINX_SHUTDOWN_TIMEOUT", "25h")]
    [InlineData("LOG_DIR", "/dev/null/logs")]
    [InlineData("LOG_DIR", "/tmp/a\"; return 200")]
    [InlineData("TLS_CERTIFICATE", "$host.pem")]
    [InlineData("TRUSTED_PROXIES", "1.2.3")]
    [InlineData("TRUSTED_PROXIES", "1::2::3")]
    [InlineData("TRUSTED_PROXIES", "1:2:3:4:5:6:7:8:9")]
    [InlineData("TRUSTED_PROXIES", "::/129")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.0/")]
    [InlineData("TRUSTED_PROXIES", "*")]
    [InlineData("CORS_ORIGINS", "https://*")]
    [InlineData("RATE_LIMIT_API", "99999999999999999999r/s")]
    public async Task Setting_NotAllowed_IsToldInOneLine(string name, string value)
    {
        var (exitCode, _, errors) = await RenderAsync(["sh"], await DebianNginx.ProgramAsync(), (name, value));

        exitCode.ShouldBe(1);
        errors.ShouldHaveSingleItem().ShouldStartWith($"{name} is \"{value}\"; allowed is ");
    }

    [Fact]
    public async Task Resolving_OlderNginx_IsRefused()
    {
        var old = await ScriptAsync("nginx", "echo 'nginx version: nginx/1.27.2' >&2");

        var (exitCode, _, errors) = await RenderAsync(["sh"], old, ("UPSTREAM_RESOLVE", "on"), ("UPSTREAM_RESOLVER", "127.0.0.1"));

        exitCode.ShouldBe(1);
        errors.ShouldBe(
            ["UPSTREAM_RESOLVE is \"on\"; allowed is off, because resolving needs nginx 1.27.3 or newer and this is 1.27.2."]);
    }

    [Fact]
    public async Task Nginx_ThatIsNone_IsRefused()
    {
        var (exitCode, _, errors) = await RenderAsync(["sh"], "/bin/true");

        exitCode.ShouldBe(1);
        errors.ShouldBe(["/bin/true is no nginx that can be run."]);
    }

    [Fact]
    public async Task Template_WithNameThatHasNoValue_IsRefused()
    {
        var scripts = Directory.CreateDirectory(Path.Combine(_folder.Path, "scripts")).FullName;
        foreach (var script in Directory.GetFiles(Scripts, "*.sh"))
        {
            File.Copy(script, Path.Combine(scripts, Path.GetFileName(script)));
        }

        await File.WriteAllTextAsync(Path.Combine(scripts, "a.conf.template"), "$kept ${EDGE_SECRET};", Cancelled);

        var (exitCode, _, errors) = await RenderAsync(["sh"], await DebianNginx.ProgramAsync(), scripts: scripts);

        exitCode.ShouldNotBe(0);
        errors.ShouldHaveSingleItem().ShouldEndWith("a.conf.template has ${EDGE_SECRET}, which has no value.");
    }

    [Fact]
    public async Task Configuration_OfEveryShell_IsTheSame()
    {
        var nginx = await ScriptAsync("nginx", "echo 'nginx version: nginx/1.30.0' >&2");
        var (_, expected, _) = await RenderAsync(["sh"], nginx, Unusual);

        foreach (var shell in (string[])["dash", "bash", "ksh", "zsh"])
        {
            if (OnPath(shell))
            {
                var (exitCode, configuration, errors) = await RenderAsync([shell], nginx, Unusual);

                exitCode.ShouldBe(0, $"{shell}: {string.Join('\n', errors)}");
                configuration.ShouldBe(expected, shell);
            }
        }

        // BusyBox for all of it, as in the image: its shell takes its own awk, sed and the rest.
        var busyBox = await DebianNginx.BusyBoxAsync();
        var (status, ofBusyBox, said) = await RenderAsync([busyBox, "sh"], nginx, [.. Unusual, ("PATH", "/nonexistent")]);

        status.ShouldBe(0, string.Join('\n', said));
        ofBusyBox.ShouldBe(expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Configuration_WithEverySetting_IsAcceptedByNginx(bool newest)
    {
        var nginx = newest ? await DebianNginx.ResolvingProgramAsync() : await DebianNginx.ProgramAsync();
        (string, string)[] resolving = newest ? [("UPSTREAM", "llm-api:5500"), ("UPSTREAM_RESOLVE", "on"), ("UPSTREAM_RESOLVER", "[::1]:53"), ("STICKY", "off")] : [];

        var (exitCode, _, errors) = await RenderAsync(["sh"], nginx, [.. Unusual, .. resolving]);
        exitCode.ShouldBe(0, string.Join('\n', errors));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "out", "temp"));
        var (accepted, _, said) = await RunAsync(nginx, ["-t", "-p", Out, "-c", Path.Combine(Out, "nginx.conf"), "-e", "stderr"], []);

        accepted.ShouldBe(0, string.Join('\n', said));
        said.ShouldNotContain(line => line.Contains("[warn]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Folder_WithOtherFiles_IsLeftAlone()
    {
        var kept = Path.Combine(_folder.Path, "mine.txt");
        await File.WriteAllTextAsync(kept, "mine", Cancelled);

        var (exitCode, _, errors) = await RunAsync("sh", [Path.Combine(Scripts, "run.sh"), await DebianNginx.ProgramAsync(), _folder.Path], []);

        exitCode.ShouldBe(1);
        errors.ShouldBe([$"{_folder.Path} is not empty."]);
        File.Exists(kept).ShouldBeTrue();
    }

    // Which the shell may hear of while it deals with the signal.
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Nginx_ThatEndsDuringASignal_HasItsStatusKept(int status)
    {
        var nginx = await ScriptAsync("nginx", $"""
            [ "$1" != -v ] || exec echo 'nginx version: nginx/1.30.0' >&2
            kill -TERM "$PPID"
            sleep 0.3
            exit {status}
            """);

        var (exitCode, _, errors) = await RunAsync("sh", [Path.Combine(Scripts, "run.sh"), nginx, Out], []);

        exitCode.ShouldBe(status, string.Join('\n', errors));
        Directory.Exists(Out).ShouldBeFalse();
    }

    public void Dispose() => _folder.Dispose();

    private string Out => Path.Combine(_folder.Path, "out");

    private static bool OnPath(string program) => Environment.GetEnvironmentVariable("PATH")!
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private async Task<string> ScriptAsync(string name, string text)
    {
        var script = Path.Combine(_folder.Path, name);
        await File.WriteAllTextAsync(script, $"#!/bin/sh\n{text}\n", Cancelled);
        await RunAsync("chmod", ["+x", script], []);
        return script;
    }

    private Task<(int ExitCode, string Configuration, string[] Errors)> RenderAsync(
        string[] shell, string nginx, params (string Name, string Value)[] settings) => RenderAsync(shell, nginx, Scripts, settings);

    private async Task<(int ExitCode, string Configuration, string[] Errors)> RenderAsync(
        string[] shell, string nginx, string scripts, params (string Name, string Value)[] settings)
    {
        if (Directory.Exists(Out))
        {
            Directory.Delete(Out, recursive: true);
        }

        Directory.CreateDirectory(Out);
        var (exitCode, _, errors) = await RunAsync(shell[0], [.. shell.Skip(1), Path.Combine(scripts, "render.sh"), Out, nginx], settings);
        var files = Directory.GetFiles(Out).Order(StringComparer.Ordinal).Select(file => $"--- {Path.GetFileName(file)}\n{File.ReadAllText(file)}");
        return (exitCode, string.Concat(files), errors);
    }

    private static async Task<(int ExitCode, string Output, string[] Errors)> RunAsync(
        string program, string[] arguments, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Cancelled);
        var errors = await process.StandardError.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);
        return (process.ExitCode, await output, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
