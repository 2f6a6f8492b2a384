using System.Text.Json;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// A line of DCP's own log:
/// <c>2026-11-23T17:07:50.757Z⇥error⇥dcp.ExecutableReconciler⇥Failed to start a process⇥{"Cmd":"…","Args":[…],"error":"…"}</c>.
/// Of the properties only the error is kept: the others include the arguments of processes, which may be secret.
/// </summary>
internal sealed record DcpMessage(string Level, string Category, string Text)
{
    public bool IsProblem => Level is "error" or "warn" or "fatal";

    /// <returns><see langword="null"/> when the line is not in that form.</returns>
    public static DcpMessage? TryParse(string line)
    {
        var fields = line.Split('\t', 5);
        if (fields.Length < 4)
        {
            return null;
        }

        var error = fields.Length > 4 ? Error(fields[4]) : null;
        return new(fields[1], fields[2], error is null ? fields[3] : $"{fields[3]}: {error}");
    }

    private static string? Error(string properties)
    {
        try
        {
            using var json = JsonDocument.Parse(properties);
            return json.RootElement.ValueKind is JsonValueKind.Object
                && (json.RootElement.TryGetProperty("error", out var error) || json.RootElement.TryGetProperty("Error", out error))
                && error.ValueKind is JsonValueKind.String
                ? error.GetString()!.ReplaceLineEndings(" ")
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
