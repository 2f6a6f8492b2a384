using System.Text.RegularExpressions;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Hosting;

/// <summary>This process among the replicas that share an address.</summary>
/// <param name="Id">Unique per process; stands in the <c>x-freegpt4-replica</c> header.</param>
internal sealed partial record Replica(string Id)
{
    private const string ResourceAttribute = "service.instance.id=";

    /// <summary>By <c>REPLICA_ID</c>, else by the name that telemetry has for this process, else by host and process id.</summary>
    public static Replica Read(SettingsReader settings)
    {
        if (settings.Text("REPLICA_ID", IsToken, "1 to 128 letters, digits, '.', '_' or '-'") is { } id)
        {
            return new(id);
        }

        // service.name=llm-api,service.instance.id=x7f3
        var instance = settings.List("OTEL_RESOURCE_ATTRIBUTES")
            .FirstOrDefault(attribute => attribute.StartsWith(ResourceAttribute, StringComparison.Ordinal));
        var name = instance is null
            ? $"{Environment.MachineName}-{Environment.ProcessId}"
            : Uri.UnescapeDataString(instance[ResourceAttribute.Length..]);
        return new(NotToken().Replace(name, "-"));
    }

    /// <summary>Whether a text from outside can stand in a header and in a log as it is.</summary>
    public static bool IsToken(string text) => WholeToken().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,128}\z")]
    private static partial Regex WholeToken();

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex NotToken();
}
