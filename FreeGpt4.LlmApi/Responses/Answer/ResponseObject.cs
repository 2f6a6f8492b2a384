using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Responses.Request;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>The response: its state, what has been said so far, and what it repeats of its request.</summary>
/// <param name="events">Told of everything; <c>null</c> when nobody follows.</param>
internal sealed class ResponseObject(ResponseRequest request, ResponseEvents? events, TimeProvider time)
{
    private static readonly string[] ServiceTiers = ["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"];

    private readonly string _id = $"resp_{Guid.NewGuid():N}";
    private readonly long _createdAt = time.GetUtcNow().ToUnixTimeSeconds();
    private readonly AnswerTokens _said = new();
    private readonly ResponseOutput _output = new(request.Tools, request.IncludeLogProbs, events);
    private ReadOnlyMemory<byte> _model;
    private string _status = "in_progress";
    private string? _incompleteReason;
    private string? _serviceTier;
    private ResponseUsage? _usage;
    private OpenAIError? _error;
    private int? _choice;
    private bool _isCreated;

    /// <summary>Who answers, for an upstream that does not say it itself.</summary>
    public string Model { get; set; } = request.Chat.Model;

    /// <summary>Takes in an answer, or the next chunk of one.</summary>
    /// <exception cref="ProviderException">It is none after all.</exception>
    public void Read(AnswerJson answer)
    {
        try
        {
            if (!_isCreated)
            {
                Identify(answer);
                Create();
            }

            _said.Add(answer);
            foreach (var choice in answer.Choices)
            {
                // Nobody asked for more than one.
                if (choice.Index == (_choice ??= choice.Index))
                {
                    ReadChoice(choice, answer.Json);
                }
            }

            if (!answer.Usage.IsMissingOrNull)
            {
                _usage = ResponseUsage.Read(answer.Json.Slice(answer.Usage.Start, answer.Usage.Length));
            }
        }
        catch (InvalidOperationException e)
        {
            // How half a surrogate pair, "\ud83d", is refused in a member's name.
            throw new ProviderException(ProviderFailure.Answer, "sent something that is not valid Unicode", e);
        }
    }

    /// <summary>Counts the tokens of a whole answer where the upstream did not.</summary>
    /// <returns><c>null</c> when it did.</returns>
    public TokenUsage? EstimateUsage()
    {
        if (_usage is not null)
        {
            return null;
        }

        var estimate = TokenUsage.Estimate(request.Chat, _said);
        _usage = ResponseUsage.From(estimate);
        return estimate;
    }

    /// <summary>The answer is whole, or the upstream says why it is not.</summary>
    public void End()
    {
        _status = _incompleteReason is null ? "completed" : "incomplete";
        _output.End(_incompleteReason is null ? ItemStatus.Completed : ItemStatus.Incomplete);
        TellState();
    }

    /// <summary>The answer broke off, or never began.</summary>
    public void Fail(OpenAIError error)
    {
        if (!_isCreated)
        {
            Create();
        }

        _status = "failed";
        _error = error;
        _output.BreakOff();
        events?.Error(error);
        TellState();
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", _createdAt);
        json.WriteString("status", _status);
        if (_status is "completed")
        {
            json.WriteNumber("completed_at", time.GetUtcNow().ToUnixTimeSeconds());
        }
        else
        {
            json.WriteNull("completed_at");
        }

        WriteError(json);
        WriteIncompleteDetails(json);
        json.WritePropertyName("model");
        json.WriteRawValue(_model.IsEmpty ? Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(Model)}\"") : _model.Span, skipInputValidation: true);
        json.WriteStartArray("output");
        foreach (var item in _output.Items)
        {
            item.Write(json);
        }

        json.WriteEndArray();
        json.WriteString("service_tier", _serviceTier);

        // The schema lets it be missing, but not null.
        _usage?.Write(json);
        request.Echo.WriteTo(json);
        json.WriteEndObject();
    }

    private void Identify(AnswerJson answer)
    {
        if (answer.Model.IsText)
        {
            _model = answer.Model.In(answer.Json).ToArray();
        }

        using var document = JsonDocument.Parse(answer.Json);
        if (document.RootElement.TryGetProperty("service_tier", out var tier) && tier.ValueKind is JsonValueKind.String)
        {
            // Upstreams have tiers of their own, and clients know only these.
            _serviceTier = ServiceTiers.FirstOrDefault(known => tier.ValueEquals(known));
        }
    }

    private void Create()
    {
        _isCreated = true;
        events?.Response(this, "response.created");
        TellState();
    }

    private void TellState() => events?.Response(this, $"response.{_status}");

    private void ReadChoice(ChoiceJson choice, ReadOnlyMemory<byte> json)
    {
        if (choice.Finish is FinishReason.Explained)
        {
            _incompleteReason = choice.FinishReasonValue.In(json).SequenceEqual("\"length\""u8) ? "max_output_tokens" : "content_filter";
        }

        if (choice.HasContent)
        {
            using var document = JsonDocument.Parse(json.Slice(choice.Root.Start, choice.Root.Length));
            _output.Read(document.RootElement);
        }
    }

    private void WriteError(Utf8JsonWriter json)
    {
        if (_error is null)
        {
            json.WriteNull("error");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("code", _error.Type is OpenAIError.InvalidRequest ? "invalid_prompt" : "server_error");
        json.WriteString("message", _error.Message);
        json.WriteEndObject();
    }

    private void WriteIncompleteDetails(Utf8JsonWriter json)
    {
        if (_incompleteReason is null || _status is not "incomplete")
        {
            json.WriteNull("incomplete_details");
            return;
        }

        json.WriteStartObject("incomplete_details");
        json.WriteString("reason", _incompleteReason);
        json.WriteEndObject();
    }
}
