using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// You.com, which searches the web for its answers. It has no roles, no tools and no usage figures: a chat goes there as one text.
/// https://you.com/docs/openapi.json, Agents (<c>/agents/runs</c>) and Research (<c>/research</c>)
/// </summary>
/// <param name="client">Ours alone, without retries or a time limit of its own.</param>
internal sealed partial class YouProvider(HttpClient client, ProviderOptions options, Live<YouOptions> you, TimeProvider time) : IChatProvider
{
    private const int LongestAnswer = 16 * 1024 * 1024;
    private const string Research = "research";

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public bool Has(Operation operation) => operation == Operation.Chat;

    public async Task<AnswerJson> CompleteAsync(ProviderCall call, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("answer", call.AnswerTimeout(options));
        try
        {
            var text = await AnswerAsync(call, deadline.Token);
            return Parse(new([new(0, new("assistant", text), Delta: null, "stop")]), AnswerShape.Message);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && UpstreamFailure.Explain(e, deadline, options) is { } failure)
        {
            throw failure;
        }
    }

    public async IAsyncEnumerable<AnswerJson> StreamAsync(ProviderCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Research comes whole: so much is read before the first word is written.
        if (call.Model.StartsWith(Research, StringComparison.Ordinal))
        {
            var whole = await CompleteAsync(call, cancellationToken);
            yield return Delta(JsonSerializer.Deserialize(whole.Choices[0].Text.In(whole.Json), YouJsonContext.Default.String) ?? "");
            yield return End();
            yield break;
        }

        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("first token", call.FirstTokenTimeout(options));
        var sources = new List<Source>();
        using var response = await ExplainAsync(() => SendAsync(call, stream: true, deadline.Token), deadline, cancellationToken);
        await using var events = new UpstreamEvents(await response.Content.ReadAsStreamAsync(deadline.Token), deadline.Token);
        while (await ExplainAsync(() => NextAsync(events, sources, call), deadline, cancellationToken) is { } text)
        {
            deadline.Pause();
            yield return Delta(text);
            deadline.Start("next token", options.InterTokenTimeout);
        }

        if (SourceList(sources) is { Length: > 0 } list)
        {
            yield return Delta(list);
        }

        yield return End();
    }

    private async Task<string> AnswerAsync(ProviderCall call, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(call, stream: false, cancellationToken);
        await response.Content.LoadIntoBufferAsync(LongestAnswer, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (call.Model.StartsWith(Research, StringComparison.Ordinal))
        {
            var output = JsonSerializer.Deserialize(body, YouJsonContext.Default.ResearchReply)?.Output;
            return $"{output?.Content}{SourceList(output?.Sources ?? [])}";
        }

        var items = JsonSerializer.Deserialize(body, YouJsonContext.Default.AgentReply)?.Output ?? [];
        var text = string.Concat(items.Where(item => item.IsAnswer).Select(item => item.Text));
        return $"{text}{SourceList([.. items.SelectMany(item => item.Content ?? [])])}";
    }

    private async Task<HttpResponseMessage> SendAsync(ProviderCall call, bool stream, CancellationToken cancellationToken)
    {
        var isResearch = call.Model.StartsWith(Research, StringComparison.Ordinal);
        var input = Flatten(ChatText.Read(call.Request.Input));
        var body = isResearch
            ? JsonSerializer.SerializeToUtf8Bytes(new(input, Effort(call.Model)), YouJsonContext.Default.ResearchRequest)
            : JsonSerializer.SerializeToUtf8Bytes(new(call.Model, input, stream, [new("web_search")]), YouJsonContext.Default.AgentRequest);
        using var message = new HttpRequestMessage(HttpMethod.Post, options.Address(isResearch ? Research : "agents/runs"))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = Json } },
        };
        if (isResearch)
        {
            message.Headers.Add("X-API-Key", call.Key?.Value);
        }
        else
        {
            message.Headers.Authorization = new("Bearer", call.Key?.Value);
        }

        var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode is System.Net.HttpStatusCode.OK)
        {
            return response;
        }

        using (response)
        {
            throw await UpstreamRefusal.ReadAsync(response, call, options, time, cancellationToken);
        }
    }

    /// <summary>The next piece of the answer; <c>null</c> after the last.</summary>
    private static async Task<string?> NextAsync(UpstreamEvents events, List<Source> sources, ProviderCall call)
    {
        while (await events.NextAsync() is { } next)
        {
            // {"seq_id":3,"type":"response.output_text.delta","response":{"output_index":0,"type":"message.answer","delta":"…"}}
            var item = JsonSerializer.Deserialize(next.Data, YouJsonContext.Default.AgentEvent);
            switch (item?.Type)
            {
                case "response.done":
                    return null;
                case "response.output_text.delta" when item.Response is { IsAnswer: true, Delta: { Length: > 0 } delta }:
                    return delta;
                case "error" or "response.error" or "response.failed":
                    throw new ProviderException(ProviderFailure.Server, "sent an error in place of an answer");
                default:
                    sources.AddRange(item?.Response?.Full ?? item?.Response?.Content ?? []);
                    break;
            }
        }

        throw new ProviderException(ProviderFailure.Answer, $"ended the stream of {call.Model} in the middle of the answer");
    }

    private async Task<T> ExplainAsync<T>(Func<Task<T>> work, Deadline deadline, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && UpstreamFailure.Explain(e, deadline, options) is { } failure)
        {
            throw failure;
        }
    }

    // A single question goes as it is.
    private static string Flatten(IReadOnlyList<(string Role, string Text)> messages) => messages is [var only]
        ? only.Text
        : string.Join("\n\n", messages.Where(message => message.Text.Length > 0).Select(message => $"{Speaker(message.Role)}: {message.Text}"));

    private static string Speaker(string role) => role switch
    {
        "system" or "developer" => "Instructions",
        "assistant" => "Assistant",
        "tool" or "function" => "Tool",
        _ => "User",
    };

    private static string Effort(string model) => model.Length > Research.Length + 1 ? model[(Research.Length + 1)..] : "standard";

    private string SourceList(IReadOnlyList<Source> sources)
    {
        var found = sources.Where(source => source.Url is { Length: > 0 }).DistinctBy(source => source.Url).ToList();
        if (you.Current.RemoveSources || found.Count == 0)
        {
            return "";
        }

        var list = new StringBuilder("\n\nSources:");
        for (var i = 0; i < found.Count; i++)
        {
            list.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n{i + 1}. [{found[i].Title ?? found[i].Url}]({found[i].Url})");
        }

        return list.ToString();
    }

    private static AnswerJson Delta(string text) => Parse(new([new(0, Message: null, new("assistant", text), FinishReason: null)]), AnswerShape.Delta);

    private static AnswerJson End() => Parse(new([new(0, Message: null, new(Role: null, Content: null), "stop")]), AnswerShape.Delta);

    private static AnswerJson Parse(Answer answer, AnswerShape shape) =>
        AnswerJson.Parse(JsonSerializer.SerializeToUtf8Bytes(answer, YouJsonContext.Default.Answer), shape);

    private sealed record AgentRequest(string Agent, string Input, bool Stream, IReadOnlyList<Tool> Tools);

    private sealed record Tool(string Type);

    private sealed record ResearchRequest(string Input, string ResearchEffort);

    private sealed record AgentReply(IReadOnlyList<Item>? Output);

    private sealed record AgentEvent(string? Type, Item? Response);

    private sealed record Item(string? Type, string? Text, string? Delta, IReadOnlyList<Source>? Content, IReadOnlyList<Source>? Full)
    {
        // The second as it was called before.
        public bool IsAnswer => Type is "message.answer" or "chat_node.answer";
    }

    private sealed record Source(string? Title, string? Url);

    private sealed record ResearchReply(ResearchOutput? Output);

    private sealed record ResearchOutput(string? Content, IReadOnlyList<Source>? Sources);

    private sealed record Answer(IReadOnlyList<Choice> Choices);

    private sealed record Choice(int Index, Message? Message, Message? Delta, string? FinishReason);

    private sealed record Message(string? Role, string? Content);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(AgentRequest))]
    [JsonSerializable(typeof(AgentReply))]
    [JsonSerializable(typeof(AgentEvent))]
    [JsonSerializable(typeof(ResearchRequest))]
    [JsonSerializable(typeof(ResearchReply))]
    [JsonSerializable(typeof(Answer))]
    private sealed partial class YouJsonContext : JsonSerializerContext;
}

/// <param name="RemoveSources"><c>REMOVE_SOURCES</c>: the pages that an answer rests on are not listed after it.</param>
internal sealed record YouOptions(bool RemoveSources)
{
    public static YouOptions Read(SettingsReader settings) => new(settings.Flag("REMOVE_SOURCES", fallback: true));
}
