using System.Diagnostics;

namespace FreeGpt4.Bench.Targets;

internal static class NginxTarget
{
    /// <summary>The nginx of this machine with the templates of <c>nginx/</c>, with a connection for each request and without limits.</summary>
    public static ProcessStartInfo Start(string program, int port, Uri replica)
    {
        // artifacts/bin/FreeGpt4.Bench/release/ lies four levels below the repository.
        var templates = Path.GetFullPath("../../../../nginx", AppContext.BaseDirectory);
        var folder = Path.Combine(Path.GetTempPath(), $"freegpt4-bench-{Guid.NewGuid():N}");
        return new("sh", ["run.sh", program, folder])
        {
            WorkingDirectory = templates,
            Environment =
            {
                ["EDGE_PORT"] = $"{port}",
                ["UPSTREAM"] = replica.Authority,
                ["RATE_LIMIT_API"] = "off",
                ["RATE_LIMIT_SETTINGS"] = "off",
            },
        };
    }
}
