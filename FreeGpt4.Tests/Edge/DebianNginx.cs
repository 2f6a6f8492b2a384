using System.Diagnostics;
using System.Text.RegularExpressions;
using FreeGpt4.AppHost;

namespace FreeGpt4.Tests.Edge;

/// <summary>
/// An nginx for the tests: the one that <c>NGINX_PATH</c> names, the one on the PATH, or else Debian's package, unpacked under
/// <c>artifacts/</c> and not installed.
/// </summary>
internal static partial class DebianNginx
{
    // The first that asks the name of an upstream again while it runs.
    private static readonly Version Resolving = new(1, 27, 3);

    private static readonly Lazy<Task<Found>> Stable = new(() => UnpackAsync("nginx", DownloadNginx));

    private static readonly Lazy<Task<Found>> Testing = new(() => UnpackAsync("nginx-and-busybox", DownloadNewNginx));

    private static readonly Lazy<Task<Found>> Any = new(() => FindAsync(new Version(), Stable));

    private static readonly Lazy<Task<Found>> New = new(() => FindAsync(Resolving, Testing));

    /// <returns>The path of an nginx as distributions have it. The test is skipped when there is none to be had.</returns>
    public static Task<string> ProgramAsync() => ProgramAsync(Any.Value);

    /// <returns>The path of an nginx that can do all of the edge, such as the one of the image. Skipped as above.</returns>
    public static Task<string> ResolvingProgramAsync() => ProgramAsync(New.Value);

    /// <returns>The path of a BusyBox, which has a shell and tools that do only what POSIX wants. Skipped as above.</returns>
    public static async Task<string> BusyBoxAsync()
        => Path.GetFullPath("../bin/busybox", Path.GetDirectoryName(await ProgramAsync(Testing.Value))!);

    /// <returns>A PATH where there is an nslookup. Skipped as above.</returns>
    public static async Task<string> PathWithNslookupAsync()
    {
        var path = Environment.GetEnvironmentVariable("PATH")!;
        return path.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "nslookup")))
            ? path
            : $"{path}{Path.PathSeparator}{Path.GetDirectoryName(await ProgramAsync(Testing.Value))}";
    }

    private static async Task<string> ProgramAsync(Task<Found> search)
    {
        var (program, missing) = await search;
        Assert.SkipWhen(program is null, missing ?? "");
        return program!;
    }

    private static async Task<Found> FindAsync(Version needed, Lazy<Task<Found>> unpacked)
    {
        var named = Environment.GetEnvironmentVariable("NGINX_PATH");
        if (named is { Length: > 0 } && !File.Exists(named))
        {
            throw new FileNotFoundException($"NGINX_PATH is '{named}', where there is no file.");
        }

        var installed = named is { Length: > 0 } ? named : Nginx.ProgramOn(Environment.GetEnvironmentVariable("PATH"));
        return installed is not null && await VersionOfAsync(installed) >= needed ? new Found(installed, null) : await unpacked.Value;
    }

    private static async Task<Version> VersionOfAsync(string program)
    {
        var (_, output) = await RunAsync(AppContext.BaseDirectory, $"'{program}' -v");
        return Version.Parse(VersionNumber().Match(output).Value);
    }

    private static async Task<Found> UnpackAsync(string folder, string download)
    {
        // artifacts/bin/FreeGpt4.Tests/debug/ -> artifacts/nginx/
        var artifacts = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.FullName;
        var kept = Path.Combine(artifacts, folder);
        var program = Path.Combine(kept, "usr", "sbin", "nginx");
        if (File.Exists(program))
        {
            return new(program, null);
        }

        const string Missing = "There is no nginx, or none that is new enough, in NGINX_PATH and on the PATH";
        if (!File.Exists("/etc/debian_version"))
        {
            return new(null, $"{Missing}.");
        }

        var work = Directory.CreateDirectory(Path.Combine(artifacts, $"{folder}-{Guid.NewGuid():N}")).FullName;
        try
        {
            var (exitCode, output) = await RunAsync(work, download);
            if (exitCode != 0)
            {
                return new(null, $"{Missing}, and Debian's package could not be had: {output}");
            }

            if (!File.Exists(program))
            {
                Directory.Move(Path.Combine(work, "root"), kept);
            }

            return new(program, null);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    // With lists of its own: those of the machine may be missing or old, and only root could refresh them.
    private const string DownloadNginx = """
        set -e
        mkdir -p lists/partial cache/archives/partial
        private="-q -o Dir::State::Lists=$PWD/lists -o Dir::Cache=$PWD/cache -o Debug::NoLocking=true -o APT::Sandbox::User="
        apt-get $private update
        apt-get $private download nginx
        dpkg -x nginx_*.deb root
        root/usr/sbin/nginx -v
        """;

    // The testing suite of the machine's own mirror, with the libraries that it was built for: those of the machine may be older. They
    // are found by their own loader, which a script in the place of nginx starts. BusyBox is the shell of the image, and has nslookup.
    private const string DownloadNewNginx = """
        set -e
        mkdir -p lists/partial cache/archives/partial parts
        : >status
        mirror=$(apt-get update --print-uris | sed -n "s,^'\(.*\)/dists/[a-z]*/InRelease'.*,\1,p" | head -n 1)
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror forky main" >sources.list
        private="-q -o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=$PWD/parts -o Dir::State::Lists=$PWD/lists
            -o Dir::State::status=$PWD/status -o Dir::Cache=$PWD/cache -o Debug::NoLocking=true -o APT::Sandbox::User=
            -o Acquire::Languages=none"
        apt-get $private update
        apt-get $private install --yes --no-install-recommends --download-only nginx busybox-static
        for package in cache/archives/*.deb; do
            dpkg -x "$package" root
        done
        cd root/usr/sbin
        mv nginx nginx.program
        cat >nginx <<'SCRIPT'
        #!/bin/sh
        usr=$(dirname "$(dirname "$(readlink -f "$0")")")
        set -- "$usr"/sbin/nginx.program "$@"
        set -- --library-path "$(dirname "$usr"/lib/*/libc.so.6)" "$@"
        exec "$usr"/lib/*/ld-linux-*.so.* "$@"
        SCRIPT
        chmod +x nginx
        ln -s ../bin/busybox nslookup
        ./nginx -v
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

    [GeneratedRegex(@"(?<=nginx/)\d+\.\d+\.\d+")]
    private static partial Regex VersionNumber();

    private sealed record Found(string? Program, string? Missing);
}
