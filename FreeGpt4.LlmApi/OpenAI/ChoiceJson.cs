using System.Text.Json;

namespace FreeGpt4.LlmApi.OpenAI;

internal enum FinishReason
{
    /// <summary>Missing, null or empty: more is to come, or the upstream does not say.</summary>
    None,

    /// <summary>Given, and expects something to have been said: <c>stop</c>, <c>tool_calls</c>.</summary>
    Finished,

    /// <summary>Given, and explains why nothing may have been said: <c>length</c>, <c>content_filter</c>.</summary>
    Explained,
}

/// <summary>One element of an answer's list; see <see cref="AnswerJson.Choices"/>.</summary>
/// <param name="Root">The whole choice.</param>
/// <param name="Content"><see cref="AnswerShape.Content"/>.</param>
/// <param name="HasContent">It, or any of its members other than the role, says something.</param>
internal readonly record struct ChoiceJson(
    JsonSlice Root,
    int Index,
    bool HasIndex,
    JsonSlice Object,
    JsonSlice Content,
    JsonSlice Role,
    JsonSlice Text,
    JsonSlice Refusal,
    JsonSlice ToolCalls,
    JsonSlice LogProbs,
    JsonSlice FinishReasonValue,
    FinishReason Finish,
    bool HasContent,
    bool HasToolCalls)
{
    /// <summary>Reads the choice that the reader stands on.</summary>
    public static ChoiceJson Read(ref Utf8JsonReader reader, AnswerShape shape, int position)
    {
        var start = (int)reader.TokenStartIndex;
        var choice = new ChoiceJson { Index = position };
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(shape.Content))
            {
                reader.Read();
                choice = choice.ReadContent(ref reader, shape);
            }
            else if (reader.ValueTextEquals("index"u8))
            {
                reader.Read();
                choice = reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var index)
                    ? choice with { Index = index, HasIndex = true }
                    : throw new JsonException("A choice's 'index' is not a number.");
            }
            else if (reader.ValueTextEquals("finish_reason"u8))
            {
                reader.Read();
                choice = choice with { Finish = ReadFinish(ref reader), FinishReasonValue = JsonSlice.Read(ref reader) };
            }
            else if (reader.ValueTextEquals("logprobs"u8))
            {
                reader.Read();
                choice = choice with { LogProbs = JsonSlice.Read(ref reader) };
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                choice = choice with { Object = JsonSlice.Read(ref reader) };
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return choice with
        {
            Root = new(start, (int)reader.BytesConsumed - start, JsonTokenType.StartObject),
            HasContent = choice.HasContent
                || (shape.CanBeEmpty && !choice.Content.IsMissing && choice.Finish is not FinishReason.None),
        };
    }

    private static FinishReason ReadFinish(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => FinishReason.None,
        JsonTokenType.String when reader.ValueSpan.IsEmpty => FinishReason.None,
        JsonTokenType.String when reader.ValueTextEquals("length"u8) || reader.ValueTextEquals("content_filter"u8) =>
            FinishReason.Explained,
        JsonTokenType.String => FinishReason.Finished,
        _ => throw new JsonException("A choice's 'finish_reason' is not a string."),
    };

    private ChoiceJson ReadContent(ref Utf8JsonReader reader, AnswerShape shape)
    {
        if (reader.TokenType is not JsonTokenType.Null && !shape.CanBe(reader.TokenType))
        {
            throw new JsonException($"A choice's content is {reader.TokenType}.");
        }

        return reader.TokenType is JsonTokenType.StartObject
            ? ReadMembers(ref reader)
            : this with { HasContent = SaysSomething(ref reader), Content = JsonSlice.Read(ref reader) };
    }

    private ChoiceJson ReadMembers(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        var choice = this;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            var isText = reader.ValueTextEquals("content"u8);
            var isRefusal = reader.ValueTextEquals("refusal"u8);
            var isToolCalls = reader.ValueTextEquals("tool_calls"u8);
            reader.Read();
            var says = !isRole && SaysSomething(ref reader);
            var value = JsonSlice.Read(ref reader);
            choice = choice with
            {
                Role = isRole ? value : choice.Role,
                Text = isText ? value : choice.Text,
                Refusal = isRefusal ? value : choice.Refusal,
                ToolCalls = isToolCalls ? value : choice.ToolCalls,
                HasContent = choice.HasContent || says,
                HasToolCalls = choice.HasToolCalls || (isToolCalls && says),
            };
        }

        return choice with { Content = new(start, (int)reader.BytesConsumed - start, JsonTokenType.StartObject) };
    }

    private static bool SaysSomething(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            var inside = reader;
            return inside.Read() && inside.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject);
        }

        return reader.TokenType is JsonTokenType.String && !reader.ValueSpan.IsEmpty;
    }
}
