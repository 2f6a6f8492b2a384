namespace FreeGpt4.Bench.Targets;

/// <summary>Portkey's gateway from npm, pinned in <c>bench/portkey</c>, with its console and its log of requests off.</summary>
internal static class PortkeyTarget
{
    public const string Name = "Portkey";

    public static async Task<Target> StartAsync(Uri upstream, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Services.Repository, "artifacts", "bench", "portkey");
        var program = Path.Combine(folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
        if (!File.Exists(program))
        {
            Directory.CreateDirectory(folder);
            foreach (var file in (string[])["package.json", "package-lock.json"])
            {
                File.Copy(Path.Combine(Services.Repository, "bench", "portkey", file), Path.Combine(folder, file), overwrite: true);
            }

            await Tool.RunAsync(folder, "npm", ["ci", "--no-audit", "--no-fund"], cancellationToken);
        }

        var server = await ServerProcess.StartAsync(
            port => new("node", [program, $"--port={port}", "--headless"]) { Environment = { ["NODE_ENV"] = "production" } }, "/", cancellationToken);
        var headers = new Dictionary<string, string>
        {
            ["x-portkey-provider"] = "openai",
            ["x-portkey-custom-host"] = new Uri(upstream, "v1").AbsoluteUri,
            ["authorization"] = "Bearer unused",
        };
        return new(Name, server.Address, headers, [server]);
    }
}
