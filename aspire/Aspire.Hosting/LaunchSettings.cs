using System.Text;
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
    /// <summary>The named profile, or that of the AppHost's name, or the first that starts the project itself.</summary>
    /// <param name="ofAppHost">The profile that the AppHost was started with, if any.</param>
    public static ProjectLaunchProfile? Find(IProjectMetadata metadata, string? name, string? ofAppHost)
    {
        var settings = metadata.LaunchSettings ?? Read(metadata.ProjectPath);
        if (name is null && ofAppHost is not null && settings is not null && settings.Profiles.TryGetValue(ofAppHost, out var same))
        {
            return new(ofAppHost, same);
        }

        if (name is not null)
        {
            return settings is not null && settings.Profiles.TryGetValue(name, out var named)
                ? new(name, named)
                : throw new DistributedApplicationException($"{metadata.ProjectPath} has no launch profile '{name}'.");
        }

        return settings?.Profiles.Where(p => p.Value.CommandName == "Project").Select(p => new ProjectLaunchProfile(p.Key, p.Value)).FirstOrDefault();
    }

    /// <summary>The arguments of the profile. Double quotes keep words together, <c>\"</c> is one of them.</summary>
    public IReadOnlyList<string> Arguments()
    {
        var text = Profile.CommandLineArgs ?? "";
        var arguments = new List<string>();
        StringBuilder? argument = null;
        var isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                argument ??= new();
                isQuoted = !isQuoted;
            }
            else if (char.IsWhiteSpace(text[i]) && !isQuoted)
            {
                End();
            }
            else
            {
                i += text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '"' ? 1 : 0;
                (argument ??= new()).Append(text[i]);
            }
        }

        End();
        return arguments;

        void End()
        {
            if (argument is not null)
            {
                arguments.Add(argument.ToString());
                argument = null;
            }
        }
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
