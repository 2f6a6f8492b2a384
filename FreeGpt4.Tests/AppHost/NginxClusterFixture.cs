using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>One cluster of two replicas behind nginx, shared by the tests that only use it.</summary>
public sealed class NginxClusterFixture : IAsyncDisposable
{
    private readonly Lazy<Task<AppHostProcess>> _start = new(async () => await AppHostProcess.StartReadyAsync(
        ("EDGE", "auto"), ("MAX_BODY_SIZE", "64K"), await PathWithNginxAsync()));

    /// <summary>The PATH of this process with the nginx of the tests before all others.</summary>
    internal static async Task<(string Name, string Value)> PathWithNginxAsync()
    {
        var folder = Path.GetDirectoryName(await DebianNginx.ProgramAsync());
        return ("PATH", $"{folder}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}");
    }

    /// <summary>Starts the cluster on first use: a test can be skipped where there is no nginx, a fixture cannot.</summary>
    internal Task<AppHostProcess> AppHostAsync() => _start.Value;

    public async ValueTask DisposeAsync()
    {
        if (_start is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _start.Value).DisposeAsync();
        }
    }
}
