using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>
/// A request to a model: the bytes that the caller sent, and the few members that decide where they go.
/// Everything else is the upstream's business and goes there as it came.
/// </summary>
internal abstract class ModelRequest
{
    private const int LongestModelName = 256;

    /// <summary>Deep tool schemas are legal; the reader needs no stack for them.</summary>
    public const int MaxDepth = 256;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    private readonly ReadOnlyMemory<byte> _json;
    private JsonSlice _model;
    private JsonSlice _input;
    private int _n = 1;
    private JsonSlice _stream;
    private JsonSlice _streamOptions;

    protected ModelRequest(Operation operation, ReadOnlyMemory<byte> json)
    {
        Operation = operation;
        _json = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
    }

    public Operation Operation { get; }

    public string Model { get; private set; } = "";

    public bool Stream { get; private set; }

    /// <summary><c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; private set; }

    /// <summary>All that the caller sent.</summary>
    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>How many questions are asked at once: prompts, or texts to embed.</summary>
    public int Inputs { get; protected set; } = 1;

    /// <summary>How many choices a whole answer has: <c>n</c> for each input.</summary>
    public long Choices => (long)_n * Inputs;

    /// <summary>The model is offered tools to call.</summary>
    public bool HasTools { get; private set; }

    /// <summary>The messages, prompt or input as JSON, for providers that do not take the request as it is.</summary>
    public ReadOnlySpan<byte> Input => _input.In(_json);

    /// <summary>The body to send upstream: the caller's, with the model's name there in place of the caller's name for it.</summary>
    /// <param name="collect">Adds further changes to the body that it is given.</param>
    public ReadOnlyMemory<byte> For(string upstreamModel, Action<ReadOnlyMemory<byte>, JsonEdits>? collect = null)
    {
        if (upstreamModel == Model && collect is null)
        {
            return _json;
        }

        var edits = new JsonEdits();
        collect?.Invoke(_json, edits);
        if (upstreamModel != Model)
        {
            edits.Replace(_model, Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(upstreamModel)}\""));
        }

        return edits.ApplyTo(_json);
    }

    /// <exception cref="InvalidRequestException">The body is no request for the operation.</exception>
    protected static T Read<T>(T request)
        where T : ModelRequest
    {
        var json = request._json.Span;
        if (!Utf8.IsValid(json))
        {
            throw new InvalidRequestException("The body is not valid UTF-8.");
        }

        try
        {
            var reader = new Utf8JsonReader(json, ReaderOptions);
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

    /// <summary>
    /// Checks the value of <see cref="Operation.Input"/>. The reader stands on its first token, and afterwards on its last.
    /// </summary>
    /// <exception cref="InvalidRequestException"/>
    protected abstract void ReadInput(ref Utf8JsonReader reader);

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
            else if (reader.ValueTextEquals(Operation.Input))
            {
                ReadInputOnce(ref reader);
            }
            else if (reader.ValueTextEquals("stream"u8))
            {
                ReadOnce(ref reader, ref _stream, "stream");
            }
            else if (reader.ValueTextEquals("n"u8))
            {
                reader.Read();
                _n = reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var n) && n > 1 ? n : 1;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("stream_options"u8))
            {
                ReadStreamOptions(ref reader);
            }
            else
            {
                var isTools = reader.ValueTextEquals("tools"u8);
                reader.Read();
                HasTools |= isTools && reader.TokenType is JsonTokenType.StartArray;
                reader.Skip();
            }
        }

        // Throws when anything but white space follows the object.
        reader.Read();

        Model = ModelName();
        Stream = Flag(_stream, "stream");
        if (_input.IsMissing)
        {
            throw new InvalidRequestException($"'{Operation.Input}' is missing.", Operation.Input);
        }
    }

    // The second of two equal members could mean one thing to us and another to the upstream.
    private static void ReadOnce(ref Utf8JsonReader reader, ref JsonSlice slice, string name)
    {
        reader.Read();
        slice = slice.IsMissing ? JsonSlice.Read(ref reader) : throw GivenTwice(name);
    }

    private void ReadInputOnce(ref Utf8JsonReader reader)
    {
        reader.Read();
        var (start, kind) = ((int)reader.TokenStartIndex, reader.TokenType);
        if (!_input.IsMissing)
        {
            throw GivenTwice(Operation.Input);
        }

        ReadInput(ref reader);
        _input = new(start, (int)reader.BytesConsumed - start, kind);
    }

    private static InvalidRequestException GivenTwice(string name) => new($"'{name}' is given twice.", name);

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
