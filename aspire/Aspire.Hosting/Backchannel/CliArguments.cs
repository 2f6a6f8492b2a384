using System.Text.Json.Nodes;

namespace Aspire.Hosting.Backchannel;

/// <summary>The arguments of a command as the CLI sends them.</summary>
/// <remarks>
/// To one instance it sends them by name. Of several it does not know what they take, and sends what was typed:
/// <c>{"--replicas 3": null}</c>.
/// </remarks>
internal static class CliArguments
{
    private static readonly char[] AfterTheName = [' ', '='];

    /// <param name="known">What the command takes.</param>
    /// <returns>Values by name; a name that is not known is left as it was sent.</returns>
    public static Dictionary<string, string?> Read(JsonObject sent, IReadOnlyList<InteractionInput> known)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in sent)
        {
            var words = name.Split(AfterTheName, 2);
            if (value is null && known.FirstOrDefault(input => IsOption(words[0], input.Name)) is { } input)
            {
                values[input.Name] = words is [_, var text] ? text : input.InputType == InputType.Boolean ? "true" : null;
            }
            else
            {
                values[name] = value?.ToString();
            }
        }

        return values;
    }

    // timeoutSeconds: --timeoutSeconds or --timeout-seconds
    private static bool IsOption(string word, string name) => word.StartsWith("--", StringComparison.Ordinal)
        && string.Equals(word.Replace("-", "", StringComparison.Ordinal), name.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
}
