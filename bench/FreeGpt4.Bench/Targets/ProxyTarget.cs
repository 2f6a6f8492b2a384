using System.Diagnostics;

namespace FreeGpt4.Bench.Targets;

/// <summary>FreeGpt4.Proxy as published in its image, without limits.</summary>
internal static class ProxyTarget
{
    public static Task<ServerProcess> StartAsync(Workbench bench, CancellationToken cancellationToken, params IEnumerable<Uri> upstreams) =>
        ServerProcess.StartAsync(port => Start(bench, port, upstreams), "/health", cancellationToken);

    private static ProcessStartInfo Start(Workbench bench, int port, IEnumerable<Uri> upstreams)
    {
        var start = new ProcessStartInfo(bench.Services.Program("FreeGpt4.Proxy"))
        {
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["EDGE_PORT"] = $"{port}",
                ["RATE_LIMIT_API"] = "off",
                ["RATE_LIMIT_SETTINGS"] = "off",
            },
        };
        foreach (var (i, upstream) in upstreams.Index())
        {
            start.Environment[$"services__llm-api__http__{i}"] = upstream.AbsoluteUri;
        }

        return start;
    }
}
