using System.Diagnostics;

namespace FreeGpt4.Tests.Edge;

/// <summary>FreeGpt4.Proxy as the edge.</summary>
public sealed class ProxyProgram : EdgeProgram
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "FreeGpt4.Proxy");
    private static readonly Lazy<Task<bool>> CanHaveMounts = new(CanHaveMountsAsync);

    // Whoever is not root is it in a user namespace, where the system allows that.
    private static readonly string[] OwnMounts = Environment.IsPrivilegedProcess ? ["--mount"] : ["--map-root-user", "--mount"];

    protected override Task<ProcessStartInfo> InFrontOfAsync(Uri replica) => Task.FromResult(new ProcessStartInfo(Program)
    {
        Environment =
        {
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["UPSTREAM_KEEPALIVE"] = "0",
            ["services__llm-api__http__0"] = replica.AbsoluteUri,
        },
    });

    // It asks the system for the addresses of a name, and the system reads /etc/hosts each time.
    protected override async Task<ProcessStartInfo> InFrontOfAsync(ReplicaName replicas)
    {
        Assert.SkipUnless(await CanHaveMounts.Value, "No /etc/hosts of its own for the edge: `unshare --mount` is not permitted here.");

        // A shell passes on no variable with a hyphen in its name.
        var discovery = $"services__llm-api__http__0=http://{ReplicaName.Host}:{replicas.Port}";
        return new ProcessStartInfo(
            "unshare",
            [.. OwnMounts, "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec env \"$@\"", replicas.HostsFile, discovery, Program])
        {
            // Where a stop is meant to be short.
            Environment = { ["DOTNET_ENVIRONMENT"] = "Development" },
        };
    }

    private static async Task<bool> CanHaveMountsAsync()
    {
        try
        {
            using var attempt = Process.Start(new ProcessStartInfo(
                "unshare", [.. OwnMounts, "sh", "-c", "mount --bind /etc/hostname /etc/hosts"])
            {
                RedirectStandardError = true,
            })!;
            await attempt.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await attempt.WaitForExitAsync(TestContext.Current.CancellationToken);
            return attempt.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception missing) when (missing.NativeErrorCode == 2)
        {
            return false;
        }
    }
}
