using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Any server that speaks the OpenAI format. The caller's JSON goes there and the server's comes back as they are.
/// https://platform.openai.com/docs/api-reference
/// </summary>
/// <param name="client">Ours alone, without retries or a time limit of its own; see <see cref="ProvidersExtensions"/>.</param>
internal sealed class OpenAICompatibleProvider(
    HttpClient client, OpenAICompatibleOptions options, UpstreamModels upstreamModels, TimeProvider time) : IChatProvider
{
    private const int LongestAnswer = 64 * 1024 * 1024;

    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeWithQualityHeaderValue AcceptJson = new("application/json");
    private static readonly MediaTypeWithQualityHeaderValue AcceptEvents = new("text/event-stream");

    // An upstream that lacks a route today may be another version tomorrow.
    private static readonly TimeSpan KeepMissing = TimeSpan.FromMinutes(5);

    private readonly Dictionary<Operation, Uri> _addresses = Operation.All.ToDictionary(
        operation => operation, operation => new Uri($"{options.BaseUrl.AbsoluteUri.TrimEnd('/')}/{operation.Path}"));

    private readonly ConcurrentDictionary<Operation, DateTimeOffset> _missingUntil = new();

    public string Name => options.Name;

    public bool Has(Operation operation) => options.Operations.Contains(operation)
        && !(_missingUntil.TryGetValue(operation, out var until) && until > time.GetUtcNow());

    public async ValueTask<string?> FindModelAsync(string requested, CancellationToken cancellationToken)
    {
        if (options.Models is [var first, ..])
        {
            return options.Models.FirstOrDefault(model => model.Equals(requested, StringComparison.OrdinalIgnoreCase))
                ?? (ModelAliases.Contains(requested) ? first : null);
        }

        if (!ModelAliases.IsAuto(requested))
        {
            return requested;
        }

        var known = await upstreamModels.GetAsync(cancellationToken);
        return known.Count > 0 ? known[0].Id : requested;
    }

    public ValueTask<IReadOnlyList<Model>> ListModelsAsync(CancellationToken cancellationToken) => options.Models.Count > 0
        ? ValueTask.FromResult<IReadOnlyList<Model>>([.. options.Models.Select(id => new Model(id, Name))])
        : upstreamModels.GetAsync(cancellationToken);

    public async Task<AnswerJson> CompleteAsync(
        ModelRequest request, string model, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("answer", options.AnswerTimeout);
        try
        {
            using var response = await SendAsync(request, model, AcceptJson, deadline.Token);
            await response.Content.LoadIntoBufferAsync(LongestAnswer, deadline.Token);
            return Checked(AnswerJson.Parse(await response.Content.ReadAsByteArrayAsync(deadline.Token), request.Operation.Answer), request.Operation);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && Explain(e, deadline) is { } failure)
        {
            throw failure;
        }
    }

    public async IAsyncEnumerable<AnswerJson> StreamAsync(
        ModelRequest request, string model, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("first token", options.FirstTokenTimeout);
        using var response = await OpenAsync(request, model, deadline, cancellationToken);
        await using var events = new UpstreamEvents(await response.Content.ReadAsStreamAsync(deadline.Token), deadline.Token);
        var progress = new StreamProgress();
        var hasContent = false;
        while (await NextAsync(events, request, progress, deadline, cancellationToken) is { } chunk)
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
        UpstreamEvents events, ModelRequest request, StreamProgress progress, Deadline deadline, CancellationToken cancellationToken)
    {
        try
        {
            if (await events.NextAsync() is { } next)
            {
                if (next.IsDone)
                {
                    return null;
                }

                var chunk = Checked(AnswerJson.Parse(next.Data, request.Operation.Chunk), request.Operation);
                return next.Type is "error" ? throw UpstreamRefusal.Read(next.Data, request.Operation, options) : chunk;
            }

            return progress.IsFinished(request.Choices)
                ? null
                : throw new ProviderException(ProviderFailure.Answer, "ended the stream in the middle of the answer");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && Explain(e, deadline) is { } failure)
        {
            // After the last finish reason nothing of the answer can be missing.
            return progress.IsFinished(request.Choices) ? null : throw failure;
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(
        ModelRequest request, string model, Deadline deadline, CancellationToken cancellationToken)
    {
        try
        {
            var response = await SendAsync(request, model, AcceptEvents, deadline.Token);
            if (response.Content.Headers.ContentType?.MediaType is not "application/json")
            {
                return response;
            }

            using (response)
            {
                await response.Content.LoadIntoBufferAsync(LongestAnswer, deadline.Token);
                Checked(AnswerJson.Parse(await response.Content.ReadAsByteArrayAsync(deadline.Token), request.Operation.Answer), request.Operation);
                throw new ProviderException(ProviderFailure.Answer, "does not stream");
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && Explain(e, deadline) is { } failure)
        {
            throw failure;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        ModelRequest request, string model, MediaTypeWithQualityHeaderValue accept, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _addresses[request.Operation])
        {
            Content = new ReadOnlyMemoryContent(request.For(model)) { Headers = { ContentType = Json } },
            Headers = { Accept = { accept } },
        };
        var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode is System.Net.HttpStatusCode.OK)
        {
            return response;
        }

        using (response)
        {
            var refusal = await UpstreamRefusal.ReadAsync(response, request.Operation, options, time, cancellationToken);
            if (refusal is ProviderException { Failure: ProviderFailure.Operation })
            {
                _missingUntil[request.Operation] = time.GetUtcNow() + KeepMissing;
            }

            throw refusal;
        }
    }

    private AnswerJson Checked(AnswerJson answer, Operation operation) => answer.Error is { IsMissingOrNull: true } or { Length: <= 2 }
        ? answer
        : throw UpstreamRefusal.Read(answer.Json.Slice(answer.Error.Start, answer.Error.Length), operation, options);

    /// <summary>What a failed call means; <c>null</c> for what is no failure of the upstream.</summary>
    private ProviderException? Explain(Exception exception, Deadline deadline) => exception switch
    {
        OperationCanceledException when deadline.HasPassed =>
            new(ProviderFailure.Timeout, $"sent no {deadline.Stage} within {deadline.Limit.TotalSeconds:0.###} s", exception),
        OperationCanceledException { InnerException: TimeoutException } =>
            new(ProviderFailure.Unreachable, $"took no connection within {options.ConnectTimeout.TotalSeconds:0.###} s", exception),
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError
                or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError
        } => new(ProviderFailure.Unreachable, $"cannot be reached: is it running, and is {options.AddressSetting} right?", exception),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } or InvalidDataException =>
            new(ProviderFailure.Answer, "sent more than an answer can hold", exception),
        HttpRequestException or IOException =>
            new(ProviderFailure.Answer, "closed the connection in the middle of the answer", exception),
        JsonException => new(ProviderFailure.Answer, "sent something that is not an answer", exception),
        _ => null,
    };
}
