using System.Text.Json;
using System.Text.Unicode;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>
/// A request of the Responses API, and the chat request that asks an upstream for the same. What has a counterpart there is
/// translated, what nobody has heard of is passed on, and what would need a store or tools of our own is refused by name.
/// https://platform.openai.com/docs/api-reference/responses/create
/// </summary>
internal sealed class ResponseRequest
{
    private static readonly JsonDocumentOptions DocumentOptions = new()
    {
        MaxDepth = ChatCompletionRequest.MaxDepth,

        // The second of two equal members could mean one thing to us and another to the upstream.
        AllowDuplicateProperties = false,
    };

    /// <summary>What needs somebody who remembers, and what to do instead.</summary>
    private static readonly (string Name, string WhatToDo)[] Unsupported =
    [
        ("previous_response_id", "no response is stored here; send the earlier items again in 'input'"),
        ("conversation", "no conversation is stored here; send the earlier items again in 'input'"),
        ("prompt", "no prompt template is stored here; send its text in 'instructions' and 'input'"),
        ("context_management", "nothing is compacted here; shorten 'input' yourself"),
        ("moderation", "nothing is moderated here; leave it out"),
    ];

    private ResponseRequest(RequestField root)
    {
        foreach (var (name, whatToDo) in Unsupported)
        {
            if (root[name].IsGiven)
            {
                throw NotSupported(name, whatToDo);
            }
        }

        if (root["background"].IsTrue())
        {
            throw NotSupported("background", "nothing is stored here, so that nobody could fetch the answer; leave it out, and stream");
        }

        Tools = ToolSet.Read(root);
        Chat = ChatCompletionRequest.Parse(ChatTranslation.Of(root, Tools));
        IncludeLogProbs = ChatTranslation.AsksForLogProbs(root);
        Echo = ResponseEcho.Of(root, Tools);
    }

    public ChatCompletionRequest Chat { get; }

    public ToolSet Tools { get; }

    public bool IncludeLogProbs { get; }

    /// <summary>What a response repeats of its request.</summary>
    public ResponseEcho Echo { get; }

    /// <exception cref="InvalidRequestException">The body is no request, or asks for what is not supported.</exception>
    public static ResponseRequest Parse(ReadOnlyMemory<byte> json)
    {
        json = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        if (!Utf8.IsValid(json.Span))
        {
            throw new InvalidRequestException("The body is not valid UTF-8.");
        }

        try
        {
            using var document = JsonDocument.Parse(json, DocumentOptions);
            return document.RootElement.ValueKind is JsonValueKind.Object
                ? new(new(document.RootElement, ""))
                : throw new InvalidRequestException("The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw GivenTwice(json)
                ?? new InvalidRequestException($"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }
        catch (InvalidOperationException)
        {
            // How half a surrogate pair, "\ud83d", is refused in a member's name.
            throw new InvalidRequestException("The body has a member whose name is not valid Unicode.");
        }
    }

    /// <returns><c>null</c> for a body with another fault.</returns>
    private static InvalidRequestException? GivenTwice(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, DocumentOptions with { AllowDuplicateProperties = true });
            return FindTwice(new(document.RootElement, "")) is { } twice ? new($"'{twice}' is given twice.", twice) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? FindTwice(RequestField field)
    {
        if (field.IsArray)
        {
            return field.Items().Select(FindTwice).FirstOrDefault(path => path is not null);
        }

        if (!field.IsObject)
        {
            return null;
        }

        var names = new HashSet<string>();
        foreach (var member in field.Value.EnumerateObject())
        {
            var value = new RequestField(member.Value, field.Path.Length == 0 ? member.Name : $"{field.Path}.{member.Name}");
            if ((names.Add(member.Name) ? FindTwice(value) : value.Path) is { } twice)
            {
                return twice;
            }
        }

        return null;
    }

    private static InvalidRequestException NotSupported(string name, string whatToDo) =>
        new($"'{name}' is not supported: {whatToDo}.", name, "unsupported_parameter");
}
