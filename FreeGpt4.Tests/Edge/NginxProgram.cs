using System.Diagnostics;

namespace FreeGpt4.Tests.Edge;

/// <summary>nginx as the edge. In front of one address any version does; a name is resolved again by a newer one.</summary>
public sealed class NginxProgram : EdgeProgram
{
    // nginx/ at the top of the repository, which artifacts/bin/FreeGpt4.Tests/debug/ lies four levels below.
    private static readonly string Scripts = Path.GetFullPath("../../../../nginx", AppContext.BaseDirectory);

    protected override async Task<ProcessStartInfo> InFrontOfAsync(Uri replica) => new("sh", Run(await DebianNginx.ProgramAsync()))
    {
        WorkingDirectory = Scripts,
        Environment =
        {
            ["UPSTREAM"] = replica.Authority,
            ["UPSTREAM_RESOLVE"] = "off",
            ["UPSTREAM_KEEPALIVE"] = "0",
            ["NGINX_SHUTDOWN_TIMEOUT"] = "1s",
        },
    };

    protected override async Task<ProcessStartInfo> InFrontOfAsync(ReplicaName replicas)
        => new("sh", Run(await DebianNginx.ResolvingProgramAsync()))
        {
            WorkingDirectory = Scripts,
            Environment =
            {
                ["PATH"] = await DebianNginx.PathWithNslookupAsync(),
                ["UPSTREAM"] = $"{ReplicaName.Host}:{replicas.Port}",
                ["UPSTREAM_RESOLVE"] = "on",
                ["UPSTREAM_RESOLVER"] = $"127.0.0.1:{replicas.NameServerPort}",
                ["NGINX_SHUTDOWN_TIMEOUT"] = "1s",
            },
        };

    protected override Task KnowsAsync(ReplicaName replicas) => replicas.AskedAgainAsync();

    // The script removes the folder when nginx has ended.
    private static string[] Run(string program)
        => ["run.sh", program, Path.Combine(Path.GetTempPath(), $"freegpt4-edge-tests-{Guid.NewGuid():N}")];
}
