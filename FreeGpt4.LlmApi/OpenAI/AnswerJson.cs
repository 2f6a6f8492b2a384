using System.Text.Json;
using System.Text.Unicode;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>
/// An answer, or one chunk of a streamed answer: the upstream's bytes, and where in them lies what a gateway has to look at.
/// They differ only in their <see cref="AnswerShape"/>.
/// </summary>
internal sealed class AnswerJson
{
    private AnswerJson(ReadOnlyMemory<byte> json) => Json = json;

    public ReadOnlyMemory<byte> Json { get; }

    public JsonSlice Root { get; private set; }

    public JsonSlice Id { get; private set; }

    public JsonSlice Object { get; private set; }

    public JsonSlice Created { get; private set; }

    public JsonSlice Model { get; private set; }

    public JsonSlice Usage { get; private set; }

    /// <summary>Where the name <c>"usage"</c> begins.</summary>
    public int UsageName { get; private set; }

    public JsonSlice Error { get; private set; }

    public JsonSlice ChoiceArray { get; private set; }

    /// <summary>The elements of <see cref="AnswerShape.List"/>: the choices, or the embeddings.</summary>
    public IReadOnlyList<ChoiceJson> Choices { get; private set; } = [];

    /// <summary>
    /// Something for the reader of the answer: text, a tool call, a refusal, reasoning, an embedding; or a reason why there is none.
    /// </summary>
    public bool HasContent
    {
        get
        {
            for (var i = 0; i < Choices.Count; i++)
            {
                if (Choices[i].HasContent || Choices[i].Finish is FinishReason.Explained)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <param name="json">Is kept, not copied.</param>
    /// <exception cref="JsonException">Not JSON, or not in the shape.</exception>
    public static AnswerJson Parse(ReadOnlyMemory<byte> json, AnswerShape shape)
    {
        // The reader does not look into strings, and a client could not read them.
        if (!Utf8.IsValid(json.Span))
        {
            throw new JsonException("Not UTF-8.");
        }

        var answer = new AnswerJson(json);
        var reader = new Utf8JsonReader(json.Span);
        try
        {
            answer.Read(ref reader, shape);
            return answer;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("A member's name is not valid Unicode.", e);
        }
    }

    private void Read(ref Utf8JsonReader reader, AnswerShape shape)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject);
        var start = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(shape.List))
            {
                ReadChoices(ref reader, shape);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                Id = ReadValue(ref reader);
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                Object = ReadValue(ref reader);
            }
            else if (reader.ValueTextEquals("created"u8))
            {
                Created = ReadValue(ref reader);
            }
            else if (reader.ValueTextEquals("model"u8))
            {
                Model = ReadValue(ref reader);
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                UsageName = (int)reader.TokenStartIndex;
                Usage = ReadValue(ref reader);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                Error = ReadValue(ref reader);
            }
            else
            {
                ReadValue(ref reader);
            }
        }

        Root = new(start, (int)reader.BytesConsumed - start, JsonTokenType.StartObject);

        // Throws when anything but white space follows the object.
        reader.Read();
    }

    private void ReadChoices(ref Utf8JsonReader reader, AnswerShape shape)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        var kind = reader.TokenType;
        if (kind is JsonTokenType.StartArray)
        {
            var choices = new List<ChoiceJson>(1);
            while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
            {
                Expect(ref reader, JsonTokenType.StartObject);
                choices.Add(ChoiceJson.Read(ref reader, shape, choices.Count));
            }

            Choices = choices;
        }
        else if (kind is not JsonTokenType.Null)
        {
            throw new JsonException("The choices are not an array.");
        }

        ChoiceArray = new(start, (int)reader.BytesConsumed - start, kind);
    }

    private static JsonSlice ReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        return JsonSlice.Read(ref reader);
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType kind)
    {
        if (reader.TokenType != kind)
        {
            throw new JsonException($"Expected {kind}, found {reader.TokenType}.");
        }
    }
}
