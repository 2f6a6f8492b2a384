using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FreeGpt4.Tests.LlmApi;

/// <summary>A valid request, broken in one way.</summary>
/// <param name="How">For the failure message.</param>
/// <param name="IsRefused">Whether the gateway itself has to refuse it; the rest is the upstream's to judge.</param>
internal sealed record MalformedRequest(string How, byte[] Body, bool IsRefused)
{
    private static readonly string[] WrongValues =
        ["null", "true", "7", "-1", "1e400", "123456789012345678901234567890", "\"\"", "\"x\"", "[]", "{}", "[null]", "[[]]", "[{}]", "{\"a\":1}"];

    /// <summary>The same seed breaks the same request in the same way.</summary>
    public static MalformedRequest Of(JsonObject valid, int seed)
    {
        var random = new Random(seed);
        return (seed % 7) switch
        {
            0 => Truncated(valid, random),
            1 => WrongType(valid, random),
            2 => Nested(valid, random),
            3 => Duplicated(valid, random),
            4 => NotUtf8(valid, random),
            5 => Trailed(valid, random),
            _ => Scrambled(valid, random),
        };
    }

    public override string ToString() => $"{How}: {Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 1_000)))}";

    private static MalformedRequest Truncated(JsonObject valid, Random random)
    {
        var bytes = Utf8(valid);
        return new("truncated", bytes[..random.Next(bytes.Length)], IsRefused: true);
    }

    private static MalformedRequest WrongType(JsonObject valid, Random random)
    {
        var (text, name) = (WrongValues[random.Next(WrongValues.Length)], AnyMember(valid, random));
        var copy = valid.DeepClone().AsObject();
        copy[name] = "\u0001";
        return new($"'{name}' is {text}", Utf8(copy, text), IsRefused: false);
    }

    private static MalformedRequest Nested(JsonObject valid, Random random)
    {
        var depth = random.Next(300, 20_000);
        var copy = valid.DeepClone().AsObject();
        copy[random.Next(2) == 0 ? "unknown" : AnyMember(valid, random)] = "\u0001";
        var (open, close) = random.Next(2) == 0 ? ("[", "]") : ("{\"a\":", "}");
        var nested = $"{Repeat(open, depth)}1{Repeat(close, depth)}";
        return new($"nested {depth} deep", Utf8(copy, nested), IsRefused: true);
    }

    private static MalformedRequest Duplicated(JsonObject valid, Random random)
    {
        var name = AnyMember(valid, random);
        var json = valid.ToJsonString();
        return new($"'{name}' twice", Encoding.UTF8.GetBytes($"{json[..^1]},\"{name}\":{valid[name]!.ToJsonString()}}}"), IsRefused: name is "model");
    }

    private static MalformedRequest NotUtf8(JsonObject valid, Random random)
    {
        var bytes = Utf8(valid);
        byte[][] wrong = [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC0, 0xAF]];
        var at = random.Next(1, bytes.Length);
        return new("not UTF-8", [.. bytes[..at], .. wrong[random.Next(wrong.Length)], .. bytes[at..]], IsRefused: true);
    }

    private static MalformedRequest Trailed(JsonObject valid, Random random)
    {
        string[] rests = ["}", "]", ",", "{}", "null", "\0", "//", "data: [DONE]"];
        return new("with a rest", [.. Utf8(valid), .. Encoding.UTF8.GetBytes(rests[random.Next(rests.Length)])], IsRefused: true);
    }

    private static MalformedRequest Scrambled(JsonObject valid, Random random)
    {
        var bytes = Utf8(valid);
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return new("scrambled", bytes, IsRefused: !IsJson(bytes));
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            JsonDocument.Parse(bytes).Dispose();
            return System.Text.Unicode.Utf8.IsValid(bytes);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string AnyMember(JsonObject valid, Random random) => valid.ElementAt(random.Next(valid.Count)).Key;

    private static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static byte[] Utf8(JsonObject json, string? inPlaceOfMark = null) =>
        Encoding.UTF8.GetBytes(inPlaceOfMark is null ? json.ToJsonString() : json.ToJsonString().Replace("\"\\u0001\"", inPlaceOfMark, StringComparison.Ordinal));
}
