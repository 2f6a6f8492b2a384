using System.Diagnostics;
using FreeGpt4.AppHost;

namespace FreeGpt4.Tests.Edge;

/// <summary>
/// An nginx for the tests: the one that <c>NGINX_PATH</c> names, the one on the PATH, or else Debian's package, unpacked under
/// <c>artifacts/</c> and not installed.
/// </summary>
internal static class DebianNginx
{
    private static readonly Lazy<Task<(string? Program, string? Missing)>> Search = new(FindAsync);

    /// <returns>The path of nginx. The test is skipped when there is none to be had.</returns>
    public static async Task<string> ProgramAsync()
    {
        var (program, missing) = await Search.Value;
        Assert.SkipWhen(program is null, missing ?? "");
        return program!;
    }

    public static Task<string> ResolvingProgramAsync() => ProgramAsync();

    private static async Task<(string? Program, string? Missing)> FindAsync()
    {
        if (Environment.GetEnvironmentVariable("NGINX_PATH") is { Length: > 0 } named)
        {
            return File.Exists(named)
                ? (named, null)
                : throw new FileNotFoundException($"NGINX_PATH is '{named}', where there is no file.");
        }

        return Nginx.ProgramOn(Environment.GetEnvironmentVariable("PATH")) is { } installed ? (installed, null) : await UnpackAsync();
    }

    private static async Task<(string? Program, string? Missing)> UnpackAsync()
    {
        // artifacts/bin/FreeGpt4.Tests/debug/ -> artifacts/nginx/
        var artifacts = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.FullName;
        var kept = Path.Combine(artifacts, "nginx");
        var program = Path.Combine(kept, "usr", "sbin", "nginx");
        if (File.Exists(program))
        {
            return (program, null);
        }

        if (!File.Exists("/etc/debian_version"))
        {
            return (null, "There is no nginx on the PATH, and NGINX_PATH names none.");
        }

        var work = Directory.CreateDirectory(Path.Combine(artifacts, $"nginx-{Guid.NewGuid():N}")).FullName;
        try
        {
            var (exitCode, output) = await RunAsync(work, DownloadAndUnpack);
            if (exitCode != 0)
            {
                return (null, $"There is no nginx on the PATH, NGINX_PATH names none, and Debian's package could not be had: {output}");
            }

            if (!File.Exists(program))
            {
                Directory.Move(Path.Combine(work, "root"), kept);
            }

            return (program, null);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    // With lists of its own: those of the machine may be missing or old, and only root could refresh them.
    private const string DownloadAndUnpack = """
        set -e
        mkdir -p lists/partial cache/archives/partial
        private="-q -o Dir::State::Lists=$PWD/lists -o Dir::Cache=$PWD/cache -o Debug::NoLocking=true -o APT::Sandbox::User="
        apt-get $private update
        apt-get $private download nginx
        dpkg -x nginx_*.deb root
        root/usr/sbin/nginx -v
        """;

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder, string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec 2>&1\n{script}"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        var output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (shell.ExitCode, output.Trim());
    }
}
