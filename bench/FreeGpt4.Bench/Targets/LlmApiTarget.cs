using System.Diagnostics;
using System.Net;

namespace FreeGpt4.Bench.Targets;

/// <summary>Replicas of FreeGpt4.LlmApi before a single upstream, as published in the image: compiled ahead.</summary>
internal static class LlmApiTarget
{
    public const string Name = "FreeGpt4.LlmApi";

    /// <summary>Nothing is written down, which a gateway alone does not do either.</summary>
    public static readonly (string Name, string Value) WithoutUsage = ("ENABLE_USAGE_LOGGING", "false");

    /// <summary>The heap that .NET allows itself in a container of 512 MB: three quarters of it.</summary>
    public static readonly (string Name, string Value) As512Megabytes = ("DOTNET_GCHeapHardLimit", "0x18000000");

    /// <param name="data">The folder of the database; without it a new one.</param>
    /// <param name="address">With <paramref name="port"/>: where to listen, for several that differ in the address alone.</param>
    public static Task<ServerProcess> StartAsync(
        Workbench bench, CancellationToken cancellationToken, string? data = null, IPAddress? address = null, int? port = null, params (string Name, string Value)[] settings)
    {
        var (folder, host) = (data ?? bench.NewFolder(), address ?? IPAddress.Loopback);
        return ServerProcess.StartAsync(at => Start(bench, $"http://{host}:{at}", folder, settings), "/health", cancellationToken, host, port);
    }

    private static ProcessStartInfo Start(Workbench bench, string url, string data, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(bench.Services.Program("FreeGpt4.LlmApi"))
        {
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["ASPNETCORE_URLS"] = url,
                ["CUSTOM_BASE_URL"] = new Uri(bench.Upstream, "v1").AbsoluteUri,
                ["FALLBACK_PROVIDERS"] = "Custom",
                ["DATA_DIR"] = data,
            },
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
