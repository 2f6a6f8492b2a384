using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>
/// A chat request: the bytes that the caller sent, and the few members that decide where they go.
/// Everything else is the upstream's business and goes there as it came.
/// </summary>
internal sealed class ChatCompletionRequest
{
    private const int LongestModelName = 256;

    /// <summary>Deep tool schemas are legal; the reader needs no stack for them.</summary>
    public const int MaxDepth = 256;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    private readonly ReadOnlyMemory<byte> _json;
    private JsonSlice _model;
    private JsonSlice _messages;
    private JsonSlice _stream;
    private JsonSlice _streamOptions;

    private ChatCompletionRequest(ReadOnlyMemory<byte> json) => _json = json;

    public string Model { get; private set; } = "";

    public bool Stream { get; private set; }

    /// <summary><c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; private set; }

    /// <summary>All that the caller sent.</summary>
    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>The messages as JSON, for providers that do not take the request as it is.</summary>
    public ReadOnlySpan<byte> Messages => _messages.In(_json);

    /// <exception cref="InvalidRequestException">The body is no chat request.</exception>
    public static ChatCompletionRequest Parse(ReadOnlyMemory<byte> json)
    {
        json = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        if (!Utf8.IsValid(json.Span))
        {
            throw new InvalidRequestException("The body is not valid UTF-8.");
        }

        try
        {
            var request = new ChatCompletionRequest(json);
            var reader = new Utf8JsonReader(json.Span, ReaderOptions);
            request.Read(ref reader);
            return request;
        }
        catch (JsonException e)
        {
            throw new InvalidRequestException($"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }
        catch (InvalidOperationException)
        {
            // How the reader refuses half a surrogate pair, "\ud83d", in a name that we look at.
            throw new InvalidRequestException("The body has a string that is not valid Unicode.");
        }
    }

    /// <summary>A request of our own: one question, and instructions before it when there are any.</summary>
    public static ChatCompletionRequest Ask(string model, string? instructions, string question)
    {
        var user = new ChatMessage("user", question);
        IReadOnlyList<ChatMessage> messages = instructions is null ? [user] : [new("system", instructions), user];
        return Parse(JsonSerializer.SerializeToUtf8Bytes(new(model, messages), OpenAIJsonContext.Default.ChatQuestion));
    }

    /// <summary>The body to send upstream: the caller's, with the model's name there in place of the caller's name for it.</summary>
    public ReadOnlyMemory<byte> For(string upstreamModel)
    {
        if (upstreamModel == Model)
        {
            return _json;
        }

        var edits = new JsonEdits();
        edits.Replace(_model, Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(upstreamModel)}\""));
        var body = new ArrayBufferWriter<byte>(_json.Length + upstreamModel.Length);
        edits.WriteTo(body, _json);
        return body.WrittenMemory;
    }

    private void Read(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            throw new InvalidRequestException("The body must be a JSON object.");
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("model"u8))
            {
                ReadOnce(ref reader, ref _model, "model");
            }
            else if (reader.ValueTextEquals("messages"u8))
            {
                ReadMessages(ref reader);
            }
            else if (reader.ValueTextEquals("stream"u8))
            {
                ReadOnce(ref reader, ref _stream, "stream");
            }
            else if (reader.ValueTextEquals("stream_options"u8))
            {
                ReadStreamOptions(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // Throws when anything but white space follows the object.
        reader.Read();

        Model = ModelName();
        Stream = Flag(_stream, "stream");
        if (_messages.IsMissing)
        {
            throw new InvalidRequestException("'messages' is missing: send an array with at least one message.", "messages");
        }
    }

    // The second of two equal members could mean one thing to us and another to the upstream.
    private static void ReadOnce(ref Utf8JsonReader reader, ref JsonSlice slice, string name)
    {
        reader.Read();
        slice = slice.IsMissing
            ? JsonSlice.Read(ref reader)
            : throw new InvalidRequestException($"'{name}' is given twice.", name);
    }

    private void ReadMessages(ref Utf8JsonReader reader)
    {
        if (!_messages.IsMissing)
        {
            throw new InvalidRequestException("'messages' is given twice.", "messages");
        }

        reader.Read();
        var start = (int)reader.TokenStartIndex;
        var count = 0;
        if (reader.TokenType is JsonTokenType.StartArray)
        {
            for (; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; count++)
            {
                if (!HasRole(ref reader))
                {
                    var param = $"messages[{count}]";
                    throw new InvalidRequestException($"'{param}' must be an object with a 'role'.", param);
                }
            }
        }

        _messages = count > 0
            ? new(start, (int)reader.BytesConsumed - start, JsonTokenType.StartArray)
            : throw new InvalidRequestException("'messages' must be an array with at least one message.", "messages");
    }

    private static bool HasRole(ref Utf8JsonReader reader)
    {
        var found = false;
        if (reader.TokenType is JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isRole = reader.ValueTextEquals("role"u8);
                reader.Read();
                found |= isRole && reader.TokenType is JsonTokenType.String;
                reader.Skip();
            }
        }

        return found;
    }

    private void ReadStreamOptions(ref Utf8JsonReader reader)
    {
        var options = reader;
        ReadOnce(ref reader, ref _streamOptions, "stream_options");
        options.Read();
        if (options.TokenType is JsonTokenType.Null)
        {
            return;
        }

        if (options.TokenType is not JsonTokenType.StartObject)
        {
            throw new InvalidRequestException("'stream_options' must be an object.", "stream_options");
        }

        while (options.Read() && options.TokenType is JsonTokenType.PropertyName)
        {
            var isUsage = options.ValueTextEquals("include_usage"u8);
            options.Read();
            var value = JsonSlice.Read(ref options);
            IncludeUsage = isUsage ? Flag(value, "stream_options.include_usage") : IncludeUsage;
        }
    }

    private string ModelName()
    {
        if (_model.Kind is not JsonTokenType.String)
        {
            throw new InvalidRequestException("'model' must be a string; use \"auto\" to leave the choice to the gateway.", "model");
        }

        var reader = new Utf8JsonReader(_model.In(_json));
        reader.Read();
        var name = reader.GetString();
        return name is { Length: <= LongestModelName } && !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl)
            ? name
            : throw new InvalidRequestException(
                $"'model' must have 1 to {LongestModelName} characters, none of them a control character.", "model");
    }

    private static bool Flag(JsonSlice value, string name) => value switch
    {
        { IsMissingOrNull: true } or { Kind: JsonTokenType.False } => false,
        { Kind: JsonTokenType.True } => true,
        _ => throw new InvalidRequestException($"'{name}' must be true or false.", name),
    };
}
