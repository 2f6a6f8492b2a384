using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Users.Import;

/// <summary>A chat history of the older FreeGPT4: <c>[{"role":"user","content":"hi"}]</c>, of any length.</summary>
internal static class OlderHistory
{
    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 32 };

    /// <param name="place">Where it is, for the report.</param>
    /// <returns>The messages that can be kept; <c>null</c> where it is no history.</returns>
    public static IReadOnlyList<NewMessage>? Read(string text, string place, ImportReport report)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Json);
            if (document.RootElement.ValueKind is not JsonValueKind.Array)
            {
                report.Left(place, "it is no JSON array");
                return null;
            }

            var messages = new List<NewMessage>();
            foreach (var (index, element) in document.RootElement.EnumerateArray().Index())
            {
                try
                {
                    var body = Encoding.UTF8.GetBytes($"{{\"messages\":[{element.GetRawText()}]}}");
                    messages.AddRange(ConversationInput.Read(body, "messages").Messages);
                }
                catch (InvalidRequestException e)
                {
                    report.Left($"{place}[{index}]", e.Message.Replace("messages[0]", "message", StringComparison.Ordinal));
                }
            }

            return messages;
        }
        catch (JsonException)
        {
            report.Left(place, "it is no valid JSON");
            return null;
        }
    }

    /// <summary>As many conversations as it takes, none longer than one may be.</summary>
    public static IEnumerable<IReadOnlyList<NewMessage>> Split(IReadOnlyList<NewMessage> messages)
    {
        var part = new List<NewMessage>();
        var size = 0L;
        foreach (var message in messages)
        {
            if (part.Count == ConversationLimits.Messages || size + message.Size > ConversationLimits.Conversation)
            {
                yield return part;
                (part, size) = ([], 0);
            }

            part.Add(message);
            size += message.Size;
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

    /// <summary>An id that follows from what something is made of: made again, it is the same.</summary>
    public static Guid IdOf(string what, params IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts.Prepend($"freegpt4 import {what}"))
        {
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(part)));
        }

        return new Guid(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
