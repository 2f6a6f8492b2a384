using System.Text.Json.Nodes;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>What the built AppHost writes when it is asked to publish.</summary>
internal sealed class PublishedCluster : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private PublishedCluster()
    {
    }

    public string Folder => _folder.Path;

    public string Env => File.ReadAllText(Path.Combine(Folder, ".env"));

    public JsonNode Compose => Yaml.Parse(ComposeText);

    public string ComposeText => File.ReadAllText(Path.Combine(Folder, "docker-compose.yaml"));

    public JsonNode Stack => Yaml.Parse(StackText);

    public string StackText => File.ReadAllText(Path.Combine(Folder, "docker-stack.yaml"));

    public string ManifestText => File.ReadAllText(Path.Combine(Folder, "aspire-manifest.json"));

    /// <summary>The names in <c>.env</c>.</summary>
    public IEnumerable<string> Variables => VariablesIn(Env);

    public static IEnumerable<string> VariablesIn(string env) => env.Split('\n').Where(line => line.Contains('=') && !line.StartsWith('#')).Select(line => line.Split('=')[0]);

    /// <param name="environment">What is set on the machine that publishes.</param>
    public static async Task<PublishedCluster> WriteAsync(params (string Name, string Value)[] environment)
    {
        var cluster = new PublishedCluster();
        await SucceedAsync(["--operation", "publish", "--step", "publish", "--output-path", cluster.Folder], environment);
        await SucceedAsync(["--publisher", "manifest", "--output-path", Path.Combine(cluster.Folder, "aspire-manifest.json")], environment);
        return cluster;
    }

    public void Dispose() => _folder.Dispose();

    private static async Task SucceedAsync(string[] arguments, (string Name, string Value)[] environment)
    {
        var run = await ToolProcess.RunAsync(AppHostProcess.Program, arguments, environment);
        run.ExitCode.ShouldBe(0, run.Output + run.Errors);
    }
}
