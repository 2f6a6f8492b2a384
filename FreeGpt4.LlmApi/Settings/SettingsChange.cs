using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Users.Accounts;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>
/// The body of <c>PUT /api/settings</c>: <c>{"PROVIDER":"Groq","REMOVE_SOURCES":false,"GROQ_API_KEY":null}</c>. Here it is seen to that all of
/// it can be stored; whether the values mean anything, the settings' readers decide.
/// </summary>
internal static class SettingsChange
{
    private const int LargestBody = 256 << 10;
    private const int LongestValue = 64 << 10;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4 };

    /// <returns>From a setting's name to its value, or to <c>null</c> when what is stored is to go.</returns>
    /// <exception cref="InvalidRequestException">With a line for each member that is not allowed.</exception>
    public static IReadOnlyDictionary<string, string?> Parse(ReadOnlyMemory<byte> body, SettingsCatalogue catalogue, StoredState stored)
    {
        if (body.Length > LargestBody)
        {
            throw new InvalidRequestException(
                $"The request body is larger than the {LargestBody} bytes that are allowed.", code: "request_too_large", status: StatusCodes.Status413PayloadTooLarge);
        }

        using var document = ParseJson(body);
        var changes = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var failures = new List<string>();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if ((catalogue.Find(member.Name)?.Name ?? stored.Find(member.Name)?.Name) is not { } name)
            {
                failures.Add($"\"{Shown(member.Name)}\" is no setting that can be stored; GET /api/settings has those that can.");
            }
            else if (!TryRead(member.Value, catalogue.Find(name), out var value, out var allowed))
            {
                failures.Add($"{name} cannot be stored like that; allowed is {allowed}.");
            }
            else if (!changes.TryAdd(name, value))
            {
                failures.Add($"{name} is there twice; allowed is once.");
            }
        }

        return failures is [] ? changes : throw new InvalidRequestException(string.Join('\n', failures), code: "invalid_settings");
    }

    private static JsonDocument ParseJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind is JsonValueKind.Object)
            {
                document.RootElement.CheckNames();
                return document;
            }

            document.Dispose();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What is wrong with it may be in a secret: it is not repeated. A name may have half a character, as in "\ud800".
        }

        throw new InvalidRequestException("Send a JSON object from the names of settings to their values.");
    }

    private static bool TryRead(JsonElement json, SettingDefinition? setting, out string? value, out string allowed)
    {
        value = null;
        allowed = setting is null ? "null: no such setting is known any more" : "a string, a number, true, false or null";
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                return true;
            case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number when setting is not null:
                value = json.GetRawText();
                return true;
            case JsonValueKind.String when setting is not null:
                allowed = setting.Kind is SettingKind.LongText
                    ? $"text of at most {LongestValue} characters, without control characters"
                    : $"one line of at most {LongestValue} characters, without control characters";
                return TryText(json, isLong: setting.Kind is SettingKind.LongText, out value);
            default:
                return false;
        }
    }

    private static bool TryText(JsonElement json, bool isLong, out string? value)
    {
        try
        {
            value = json.GetString()!.Trim();
            return value.Length <= LongestValue && !value.Any(c => char.IsControl(c) && !(isLong && c is '\n' or '\r' or '\t'));
        }
        catch (InvalidOperationException)
        {
            // Half a character, as in "\ud800".
            value = null;
            return false;
        }
    }

    private static string Shown(string name) => name.Length <= 100 ? name.ReplaceLineEndings(" ") : $"{name.AsSpan(0, 100)}…";
}
