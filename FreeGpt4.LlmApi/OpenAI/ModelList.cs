using System.Text.Json;
using System.Text.Json.Serialization;

namespace FreeGpt4.LlmApi.OpenAI;

internal sealed record ModelList(IReadOnlyList<Model> Data)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; init; } = "list";
}

/// <param name="Created">Unix seconds; 0 when nobody knows.</param>
internal sealed record Model(string Id, string OwnedBy, long Created = 0)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; init; } = "model";

    /// <summary>Who has it, for who asks with <c>?provider=show</c>; <c>null</c> for a name that stands for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Provider { get; init; }

    /// <summary>What an upstream tells beyond the schema, such as <c>context_length</c>.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Further { get; set; }
}

/// <summary>A model as upstreams list it, where nothing but the id can be relied on.</summary>
internal sealed record UpstreamModel(string? Id, string? OwnedBy, JsonElement Created, string? Object)
{
    public long CreatedSeconds => Created.ValueKind is JsonValueKind.Number && Created.TryGetInt64(out var seconds) ? seconds : 0;

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Further { get; set; }
}
