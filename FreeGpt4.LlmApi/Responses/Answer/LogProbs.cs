using System.Buffers;
using System.Text.Json;
using FreeGpt4.LlmApi.Responses.Request;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>Probabilities of tokens: nearly the same here as in chat, only that here every entry has all its members.</summary>
internal static class LogProbs
{
    /// <summary>One entry for each token.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Of(JsonElement choice) =>
        choice.TryGetProperty("logprobs", out var logProbs)
        && logProbs.ValueKind is JsonValueKind.Object
        && logProbs.TryGetProperty("content", out var content)
        && content.ValueKind is JsonValueKind.Array
            ? [.. content.EnumerateArray().Where(entry => entry.ValueKind is JsonValueKind.Object).Select(Complete)]
            : [];

    public static void Write(Utf8JsonWriter json, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        json.WriteStartArray("logprobs");
        foreach (var entry in entries)
        {
            json.WriteRawValue(entry.Span, skipInputValidation: true);
        }

        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> Complete(JsonElement entry)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            WriteEntry(json, entry);
        }

        return output.WrittenMemory;
    }

    private static void WriteEntry(Utf8JsonWriter json, JsonElement entry)
    {
        json.WriteStartObject();
        Write("token", JsonValueKind.String, "\"\""u8);
        Write("logprob", JsonValueKind.Number, "0"u8);
        Write("bytes", JsonValueKind.Array, "[]"u8);
        if (entry.TryGetProperty("top_logprobs", out var alternatives) && alternatives.ValueKind is JsonValueKind.Array)
        {
            json.WriteStartArray("top_logprobs");
            foreach (var alternative in alternatives.EnumerateArray().Where(item => item.ValueKind is JsonValueKind.Object))
            {
                WriteEntry(json, alternative);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteStartArray("top_logprobs");
            json.WriteEndArray();
        }

        json.WriteEndObject();

        void Write(string name, JsonValueKind kind, ReadOnlySpan<byte> otherwise)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(
                entry.TryGetProperty(name, out var value) && value.ValueKind == kind ? new RequestField(value, name).Raw : otherwise,
                skipInputValidation: true);
        }
    }
}
