using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Users.Accounts;

/// <summary>Reads the members of small JSON objects, and says which of them is wrong.</summary>
internal static class JsonMembers
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <exception cref="InvalidRequestException">The body is no JSON object.</exception>
    public static async Task<JsonElement> ReadObjectAsync(this HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var document = JsonDocument.Parse(await request.ReadJsonAsync(cancellationToken), Strict);
            if (document.RootElement.ValueKind is JsonValueKind.Object)
            {
                document.RootElement.CheckNames();
                return document.RootElement.Clone();
            }
        }
        catch (JsonException)
        {
            // Said below.
        }
        catch (InvalidOperationException)
        {
            // Half a character, as in "\ud800", which the reader of members would stumble over.
            throw new InvalidRequestException("The body has a name that is not valid Unicode.");
        }

        throw new InvalidRequestException("The body must be a JSON object.");
    }

    /// <exception cref="InvalidOperationException">The name of a member has half a character in it.</exception>
    public static void CheckNames(this JsonElement body)
    {
        foreach (var member in body.EnumerateObject())
        {
            _ = member.Name;
        }
    }

    /// <exception cref="InvalidRequestException"/>
    public static string Required(this JsonElement body, string name) => body.Optional(name)
        ?? throw new InvalidRequestException($"'{name}' is missing.", name);

    /// <exception cref="InvalidRequestException"/>
    public static string? Optional(this JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) ? value.TextOrNull(name) : null;

    /// <exception cref="InvalidRequestException"/>
    public static string Text(this JsonElement value, string name) => value.TextOrNull(name)
        ?? throw new InvalidRequestException($"'{name}' must be a string.", name);

    /// <exception cref="InvalidRequestException"/>
    public static string? TextOrNull(this JsonElement value, string name)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String or JsonValueKind.Null
                ? value.GetString()
                : throw new InvalidRequestException($"'{name}' must be a string.", name);
        }
        catch (InvalidOperationException)
        {
            // Half a character, as in "\ud800".
            throw new InvalidRequestException($"'{name}' is not valid Unicode.", name);
        }
    }

    /// <exception cref="InvalidRequestException"/>
    public static bool? FlagOrNull(this JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => throw new InvalidRequestException($"'{name}' must be true or false.", name),
    };

    /// <exception cref="InvalidRequestException"/>
    public static long? CountOrNull(this JsonElement value, string name, long most) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Number when value.TryGetInt64(out var count) && count >= 0 && count <= most => count,
        _ => throw new InvalidRequestException($"'{name}' must be a whole number from 0 to {most}, or null for as many as they like.", name),
    };
}
