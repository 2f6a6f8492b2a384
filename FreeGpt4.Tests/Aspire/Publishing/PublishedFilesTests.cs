using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Publishing;

/// <summary>
/// What is committed is what the AppHost writes. Here and not for Aspire's own packages, of which another version may order, quote and describe
/// differently.
/// </summary>
public sealed class PublishedFilesTests
{
    private const string Stale = "is stale: see CONTRIBUTING.md, 'what is deployed'";

    private static readonly string[] PathsOfTheManifest = ["path", "context", "dockerfile"];

    [Fact]
    public async Task Files_InTheRepository_AreWhatTheAppHostWrites()
    {
        using var published = await PublishedCluster.WriteAsync();

        foreach (var name in (string[])["docker-compose.yaml", "docker-stack.yaml"])
        {
            var committed = Yaml.Parse(Read("deploy", name));
            JsonNode.DeepEquals(committed, Yaml.Parse(File.ReadAllText(Path.Combine(published.Folder, name)))).ShouldBeTrue($"deploy/{name} {Stale}");
        }

        PublishedCluster.VariablesIn(Read("deploy", ".env")).ShouldBe(published.Variables, ignoreOrder: true, $"deploy/.env {Stale}");
        JsonNode.DeepEquals(Manifest(Repository.Path), Manifest(published.Folder)).ShouldBeTrue($"aspire-manifest.json {Stale}");
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([Repository.Path, .. path]));

    // With full paths: they are relative to the manifest.
    private static JsonNode Manifest(string folder)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "aspire-manifest.json")))!;
        foreach (var resource in manifest["resources"]!.AsObject().Select(resource => resource.Value!.AsObject()))
        {
            foreach (var part in (JsonObject?[])[resource, resource["build"]?.AsObject()])
            {
                foreach (var name in PathsOfTheManifest.Where(name => part?[name] is not null))
                {
                    part![name] = Path.GetFullPath(part[name]!.GetValue<string>(), folder);
                }
            }
        }

        return manifest;
    }
}
