using System.Text.Json;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>Tokens, as the upstream counted them or else as we estimate them.</summary>
internal sealed record ResponseUsage(long Input, long Cached, long CacheWrites, long Output, long Reasoning, long Total)
{
    /// <param name="json">The <c>usage</c> of a chat answer.</param>
    /// <returns><c>null</c> when the two counts that matter are not there.</returns>
    public static ResponseUsage? Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var usage = document.RootElement;
        if (Count(usage, "prompt_tokens") is not { } input || Count(usage, "completion_tokens") is not { } output)
        {
            return null;
        }

        var ofInput = Member(usage, "prompt_tokens_details");
        return new(
            input,
            Count(ofInput, "cached_tokens") ?? 0,
            Count(ofInput, "cache_write_tokens") ?? 0,
            output,
            Count(Member(usage, "completion_tokens_details"), "reasoning_tokens") ?? 0,
            Count(usage, "total_tokens") ?? input + output);
    }

    public static ResponseUsage From(TokenUsage usage) =>
        new(usage.Prompt, usage.Cached ?? 0, CacheWrites: 0, usage.Completion, Reasoning: 0, usage.Prompt + usage.Completion);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", Input);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", Cached);
        json.WriteNumber("cache_write_tokens", CacheWrites);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", Output);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", Reasoning);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", Total);
        json.WriteEndObject();
    }

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : default;

    private static long? Count(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.Number } member && member.TryGetInt64(out var count) ? count : null;
}
