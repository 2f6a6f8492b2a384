using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Any server that speaks the OpenAI format. The caller's JSON goes there and the server's comes back as they are.
/// https://platform.openai.com/docs/api-reference
/// </summary>
/// <param name="client">Ours alone, without retries or a time limit of its own; see <see cref="ProvidersExtensions"/>.</param>
internal sealed class OpenAICompatibleProvider(HttpClient client, ProviderOptions options, TimeProvider time) : IChatProvider
{
    private const int LongestAnswer = 64 * 1024 * 1024;

    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeWithQualityHeaderValue AcceptJson = new("application/json");
    private static readonly MediaTypeWithQualityHeaderValue AcceptEvents = new("text/event-stream");

    // An upstream that lacks a route today may be another version tomorrow.
    private static readonly TimeSpan KeepMissing = TimeSpan.FromMinutes(5);

    private readonly Dictionary<Operation, Uri> _addresses =
        Operation.All.ToDictionary(operation => operation, operation => options.Address(operation.Path));

    private readonly Action<ReadOnlyMemory<byte>, JsonEdits>? _quirks = options.Quirks.ChangeRequests
        ? (json, edits) => RequestQuirks.Collect(options.Quirks, json, edits)
        : null;

    private readonly ConcurrentDictionary<Operation, DateTimeOffset> _missingUntil = new();

    public bool Has(Operation operation) => options.Operations.Contains(operation)
        && !(_missingUntil.TryGetValue(operation, out var until) && until > time.GetUtcNow());

    public async Task<AnswerJson> CompleteAsync(ProviderCall call, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("answer", call.AnswerTimeout(options));
        try
        {
            using var response = await SendAsync(call, AcceptJson, deadline.Token);
            await response.Content.LoadIntoBufferAsync(LongestAnswer, deadline.Token);
            return Checked(AnswerJson.Parse(await response.Content.ReadAsByteArrayAsync(deadline.Token), call.Operation.Answer), call);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && UpstreamFailure.Explain(e, deadline, options) is { } failure)
        {
            throw failure;
        }
    }

    public async IAsyncEnumerable<AnswerJson> StreamAsync(
        ProviderCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("first token", call.FirstTokenTimeout(options));
        using var response = await OpenAsync(call, deadline, cancellationToken);
        await using var events = new UpstreamEvents(await response.Content.ReadAsStreamAsync(deadline.Token), deadline.Token);
        var progress = new StreamProgress();
        var hasContent = false;
        while (await NextAsync(events, call, progress, deadline, cancellationToken) is { } chunk)
        {
            foreach (var choice in chunk.Choices)
            {
                progress.Note(choice);
            }

            hasContent |= chunk.HasContent;
            if (hasContent)
            {
                deadline.Pause();
                yield return chunk;
                deadline.Start("next token", options.InterTokenTimeout);
            }
            else
            {
                yield return chunk;
            }
        }
    }

    /// <summary>The next chunk; <c>null</c> after the last.</summary>
    private async ValueTask<AnswerJson?> NextAsync(
        UpstreamEvents events, ProviderCall call, StreamProgress progress, Deadline deadline, CancellationToken cancellationToken)
    {
        try
        {
            if (await events.NextAsync() is { } next)
            {
                if (next.IsDone)
                {
                    return null;
                }

                var chunk = Checked(AnswerJson.Parse(next.Data, call.Operation.Chunk), call);
                return next.Type is "error" ? throw UpstreamRefusal.Read(next.Data, call, options) : chunk;
            }

            return progress.IsFinished(call.Request.Choices)
                ? null
                : throw new ProviderException(ProviderFailure.Answer, "ended the stream in the middle of the answer");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && UpstreamFailure.Explain(e, deadline, options) is { } failure)
        {
            // After the last finish reason nothing of the answer can be missing.
            return progress.IsFinished(call.Request.Choices) ? null : throw failure;
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(
        ProviderCall call, Deadline deadline, CancellationToken cancellationToken)
    {
        try
        {
            var response = await SendAsync(call, AcceptEvents, deadline.Token);
            if (response.Content.Headers.ContentType?.MediaType is not "application/json")
            {
                return response;
            }

            using (response)
            {
                await response.Content.LoadIntoBufferAsync(LongestAnswer, deadline.Token);
                Checked(AnswerJson.Parse(await response.Content.ReadAsByteArrayAsync(deadline.Token), call.Operation.Answer), call);
                throw new ProviderException(ProviderFailure.Answer, "does not stream");
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && UpstreamFailure.Explain(e, deadline, options) is { } failure)
        {
            throw failure;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        ProviderCall call, MediaTypeWithQualityHeaderValue accept, CancellationToken cancellationToken)
    {
        var model = options.Quirks.ModelPrefix is { } prefix && !call.Model.StartsWith(prefix, StringComparison.Ordinal)
            ? prefix + call.Model
            : call.Model;
        using var message = new HttpRequestMessage(HttpMethod.Post, _addresses[call.Operation])
        {
            Content = new ReadOnlyMemoryContent(call.Request.For(model, _quirks)) { Headers = { ContentType = Json } },
            Headers = { Accept = { accept } },
        };
        message.Headers.Authorization = call.Key is { } key ? new AuthenticationHeaderValue("Bearer", key.Value) : null;
        foreach (var (name, value) in options.Quirks.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        call.RateLimits = RateLimits.Read(response.Headers);
        if (response.StatusCode is System.Net.HttpStatusCode.OK)
        {
            return response;
        }

        using (response)
        {
            var refusal = await UpstreamRefusal.ReadAsync(response, call, options, time, cancellationToken);
            if (refusal is ProviderException { Failure: ProviderFailure.Operation })
            {
                _missingUntil[call.Operation] = time.GetUtcNow() + KeepMissing;
            }

            throw refusal;
        }
    }

    private AnswerJson Checked(AnswerJson answer, ProviderCall call) => answer.Error is { IsMissingOrNull: true } or { Length: <= 2 }
        ? answer
        : throw UpstreamRefusal.Read(answer.Json.Slice(answer.Error.Start, answer.Error.Length), call, options);
}
