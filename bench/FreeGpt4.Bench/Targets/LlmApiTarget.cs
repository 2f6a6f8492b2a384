using System.Diagnostics;

namespace FreeGpt4.Bench.Targets;

internal static class LlmApiTarget
{
    /// <summary>One replica of FreeGpt4.LlmApi as it was built with this program, with a database of its own, before a single upstream.</summary>
    public static ProcessStartInfo Start(int port, Uri upstream, string dataFolder, params (string Name, string Value)[] settings)
    {
        // artifacts/bin/FreeGpt4.Bench/release/ -> artifacts/bin/FreeGpt4.LlmApi/release/
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(own.Parent!.Parent!.FullName, "FreeGpt4.LlmApi", own.Name, "FreeGpt4.LlmApi");
        var start = new ProcessStartInfo(program)
        {
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
                ["CUSTOM_BASE_URL"] = new Uri(upstream, "v1").AbsoluteUri,
                ["FALLBACK_PROVIDERS"] = "Custom",
                ["DATA_DIR"] = dataFolder,
            },
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
