using System.Text.Json;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>JSON that knows where it stands in its file, so that whoever wrote it finds a mistake.</summary>
/// <param name="Path"><c>$.providers[0].auth</c></param>
/// <param name="Line">Counts from 1.</param>
internal sealed record PlacedJson(string Path, int Line, JsonTokenType Kind)
{
    /// <summary>A string's, or a number's as it is written.</summary>
    public string Text { get; private init; } = "";

    public IReadOnlyList<PlacedJson> Items { get; private init; } = [];

    /// <summary>In their order; a name that is given twice is there twice.</summary>
    public IReadOnlyList<(string Name, PlacedJson Value)> Members { get; private init; } = [];

    /// <summary>Comments and a comma after the last element are allowed: people write this.</summary>
    /// <exception cref="JsonException"/>
    public static PlacedJson Parse(ReadOnlySpan<byte> json)
    {
        json = json.StartsWith("\uFEFF"u8) ? json[3..] : json;
        var reader = new Utf8JsonReader(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        reader.Read();
        var root = Read(ref reader, json, "$");
        reader.Read();
        return root;
    }

    private static PlacedJson Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string path)
    {
        var line = 1 + json[..(int)reader.TokenStartIndex].Count((byte)'\n');
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new List<(string, PlacedJson)>();
                while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
                {
                    var name = TextOf(ref reader);
                    reader.Read();
                    members.Add((name, Read(ref reader, json, $"{path}.{name}")));
                }

                return new(path, line, JsonTokenType.StartObject) { Members = members };
            case JsonTokenType.StartArray:
                var items = new List<PlacedJson>();
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
                {
                    items.Add(Read(ref reader, json, $"{path}[{items.Count}]"));
                }

                return new(path, line, JsonTokenType.StartArray) { Items = items };
            default:
                return new(path, line, reader.TokenType) { Text = TextOf(ref reader) };
        }
    }

    private static string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                ? reader.GetString() ?? ""
                : System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("A string is not valid Unicode.", e);
        }
    }
}
