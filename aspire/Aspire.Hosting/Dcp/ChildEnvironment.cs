using System.Collections;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// The environment that DCP starts with, and that every process it starts inherits: the AppHost's, without what is meant for the
/// AppHost alone and without secrets. A resource gets the secrets that the model gives to it, and no others.
/// </summary>
internal static class ChildEnvironment
{
    private static readonly HashSet<string> ForTheAppHost = new(StringComparer.OrdinalIgnoreCase)
    {
        "ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "DOTNET_LAUNCH_PROFILE",
        // `dotnet run` and `dotnet test` set these for the SDK that they belong to.
        "DOTNET_HOST_PATH", "DOTNET_CLI_TELEMETRY_SESSIONID",
    };

    // ASPIRE_: where the AppHost's dashboard and its CLI are. The dashboard itself would take them for its own settings.
    private static readonly string[] DroppedPrefixes =
        ["ASPIRE_", "Parameters__", "Parameters:", "ConnectionStrings__", "ConnectionStrings:", "MSBUILD", "_MSBUILD"];

    private static readonly string[] SecretWords =
        ["API_KEY", "APIKEY", "PASSWORD", "SECRET", "TOKEN", "MASTER_KEY", "CREDENTIAL", "PRIVATE_KEY"];

    public static IReadOnlyDictionary<string, string> OfThisProcess() =>
        From(Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? "")));

    public static IReadOnlyDictionary<string, string> From(IEnumerable<KeyValuePair<string, string>> variables) =>
        variables.Where(variable => IsInherited(variable.Key))
            .ToDictionary(variable => variable.Key, variable => DcpTemplate.Literal(variable.Value), StringComparer.Ordinal);

    public static bool IsInherited(string name) =>
        !ForTheAppHost.Contains(name)
        && !DroppedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        && !SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
}
