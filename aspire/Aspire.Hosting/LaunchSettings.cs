using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting;

/// <summary>A project's <c>Properties/launchSettings.json</c>.</summary>
public sealed class LaunchSettings
{
    [JsonPropertyName("profiles")]
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];
}

public sealed class LaunchProfile
{
    [JsonPropertyName("commandName")]
    public string? CommandName { get; set; }

    /// <summary>URLs separated by <c>;</c>.</summary>
    [JsonPropertyName("applicationUrl")]
    public string? ApplicationUrl { get; set; }

    [JsonPropertyName("commandLineArgs")]
    public string? CommandLineArgs { get; set; }

    [JsonPropertyName("environmentVariables")]
    public Dictionary<string, string> EnvironmentVariables { get; set; } = [];
}

internal sealed record ProjectLaunchProfile(string Name, LaunchProfile Profile)
{
    /// <summary>The named profile, or the first that starts the project itself.</summary>
    public static ProjectLaunchProfile? Find(IProjectMetadata metadata, string? name)
    {
        var settings = metadata.LaunchSettings ?? Read(metadata.ProjectPath);
        if (name is not null)
        {
            return settings is not null && settings.Profiles.TryGetValue(name, out var named)
                ? new(name, named)
                : throw new DistributedApplicationException($"{metadata.ProjectPath} has no launch profile '{name}'.");
        }

        return settings?.Profiles.Where(p => p.Value.CommandName == "Project").Select(p => new ProjectLaunchProfile(p.Key, p.Value)).FirstOrDefault();
    }

    private static LaunchSettings? Read(string projectPath)
    {
        var path = Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, LaunchSettingsJsonContext.Default.LaunchSettings);
        }
        catch (JsonException exception)
        {
            throw new DistributedApplicationException($"{path} is not valid: {exception.Message}", exception);
        }
    }
}

[JsonSourceGenerationOptions(ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(LaunchSettings))]
internal sealed partial class LaunchSettingsJsonContext : JsonSerializerContext;
