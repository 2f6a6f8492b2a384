using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace FreeGpt4.Tests.Aspire.Publishing;

/// <summary>A model as a manifest, as Aspire.Hosting writes it.</summary>
public sealed class ManifestTests
{
    [Fact]
    public async Task Resources_OfEveryKind_AreExpressionsOverEachOther()
    {
        using var model = PublishedModel.ForManifest();
        var builder = model.Builder;
        var key = builder.AddParameter("key", secret: true);
        builder.AddParameter("greeting", "hello", publishValueAsDefault: true);
        builder.AddParameter("own", "of this machine");
        builder.AddParameter("made", new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true);
        var database = builder.AddContainer("db", "postgres", "17").WithEndpoint(targetPort: 5432, name: "tcp").WithVolume("data", "/data");
        builder.AddDockerfile("web", "folder", stage: "last").WithHttpEndpoint(port: 80, targetPort: 8080).WithExternalHttpEndpoints()
            .WithEnvironment("DATABASE", $"{database.GetEndpoint("tcp").Property(EndpointProperty.HostAndPort)};{key}").WithArgs("--key", key);
        builder.AddExecutable("tool", "sh", "folder", "-c");

        await model.PublishAsync();

        JsonNode.DeepEquals(JsonNode.Parse(model.Read("aspire-manifest.json")), JsonNode.Parse(
            """
            {
              "resources": {
                "key": {"type": "parameter.v0", "value": "{key.inputs.value}", "inputs": {"value": {"type": "string", "secret": true}}},
                "greeting": {"type": "parameter.v0", "value": "{greeting.inputs.value}", "inputs": {"value": {"type": "string", "default": {"value": "hello"}}}},
                "own": {"type": "parameter.v0", "value": "{own.inputs.value}", "inputs": {"value": {"type": "string"}}},
                "made": {"type": "parameter.v0", "value": "{made.inputs.value}", "inputs": {"value": {"type": "string", "secret": true, "default": {"generate": {"minLength": 32, "special": false}}}}},
                "db": {"type": "container.v0", "image": "postgres:17", "volumes": [{"name": "data", "target": "/data", "readOnly": false}],
                  "bindings": {"tcp": {"scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432}}},
                "web": {"type": "container.v1", "build": {"context": "folder", "dockerfile": "folder/Dockerfile", "stage": "last"}, "args": ["--key", "{key.value}"],
                  "env": {"DATABASE": "{db.bindings.tcp.hostAndPort};{key.value}"},
                  "bindings": {"http": {"scheme": "http", "protocol": "tcp", "transport": "http", "port": 80, "targetPort": 8080, "external": true}}},
                "tool": {"type": "executable.v0", "workingDirectory": "folder", "command": "sh", "args": ["-c"]}
              }
            }
            """)).ShouldBeTrue(model.Read("aspire-manifest.json"));
    }
}
