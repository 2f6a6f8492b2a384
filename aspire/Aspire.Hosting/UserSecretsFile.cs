using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting;

/// <summary>What an AppHost keeps for itself on this machine, outside of its project.</summary>
/// <remarks><see href="https://learn.microsoft.com/aspnet/core/security/app-secrets"/></remarks>
internal sealed class UserSecretsFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonDocumentOptions WithComments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _path;

    private UserSecretsFile(string path) => _path = path;

    /// <returns>Null for an AppHost that has no <c>UserSecretsId</c>.</returns>
    public static UserSecretsFile? Of(Assembly? appHost) => appHost?.GetCustomAttribute<UserSecretsIdAttribute>() is { } attribute
        ? new(PathHelper.GetSecretsPathFromSecretsId(attribute.UserSecretsId))
        : null;

    /// <summary>The value of a key, which is made and kept when there is none.</summary>
    /// <exception cref="DistributedApplicationException">The file cannot be read or written.</exception>
    public string GetOrAdd(string key, Func<string> make) => Change(key, values =>
    {
        if (values[key]?.GetValue<string>() is { } kept)
        {
            return kept;
        }

        var made = make();
        values[key] = made;
        return made;
    });

    /// <inheritdoc cref="GetOrAdd"/>
    public void Set(string key, string value) => Change(key, values => values[key] = value);

    /// <inheritdoc cref="GetOrAdd"/>
    public void Remove(string key) => Change(key, values => values.Remove(key));

    private T Change<T>(string key, Func<JsonObject, T> change)
    {
        try
        {
            var values = Read();
            var before = values.ToJsonString();
            var result = change(values);
            if (values.ToJsonString() != before)
            {
                Write(values.ToJsonString(Indented));
            }

            return result;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new DistributedApplicationException($"'{key}' cannot be kept in the user secrets at {_path}: {exception.Message}", exception);
        }
    }

    private JsonObject Read() => File.Exists(_path) ? JsonNode.Parse(File.ReadAllBytes(_path), documentOptions: WithComments)!.AsObject() : [];

    // At once and for this user alone, whatever happens meanwhile.
    private void Write(string text)
    {
        const UnixFileMode OwnFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folder = Path.GetDirectoryName(_path)!;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnFolder);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var fresh = $"{_path}.{Guid.NewGuid():N}";
        using (var writer = new StreamWriter(fresh, options))
        {
            writer.Write(text);
        }

        File.Move(fresh, _path, overwrite: true);
    }
}
