using System.Diagnostics;

namespace FreeGpt4.Bench.Targets;

internal static class ProxyTarget
{
    /// <summary>FreeGpt4.Proxy as it was built with this program, with kept connections and without limits.</summary>
    public static ProcessStartInfo Start(int port, Uri replica)
    {
        // artifacts/bin/FreeGpt4.Bench/release/ -> artifacts/bin/FreeGpt4.Proxy/release/
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(own.Parent!.Parent!.FullName, "FreeGpt4.Proxy", own.Name, "FreeGpt4.Proxy");
        return new(program)
        {
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["EDGE_PORT"] = $"{port}",
                ["services__llm-api__http__0"] = replica.AbsoluteUri,
                ["RATE_LIMIT_API"] = "off",
                ["RATE_LIMIT_SETTINGS"] = "off",
            },
        };
    }
}
