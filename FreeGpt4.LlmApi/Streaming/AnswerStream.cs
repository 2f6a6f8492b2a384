using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Usage;

namespace FreeGpt4.LlmApi.Streaming;

/// <summary>
/// A streamed answer. Until the first content arrives the reply is open: a failure has its true status. From then on, or from
/// the first ping, the status is 200, and a failure is an error event after which the stream ends without a proper end.
/// </summary>
internal sealed partial class AnswerStream(
    FallbackChain chain, StreamingOptions options, TimeProvider time, ILogger<AnswerStream> logger)
{
    private static readonly byte[] Ping = ": ping\n\n"u8.ToArray();

    public async Task WriteAsync(
        ModelRequest request, IStreamFormat format, HttpResponse response, CancellationToken cancellationToken)
    {
        try
        {
            var opening = chain.OpenStreamAsync(request, cancellationToken);
            await PingUntilAsync(opening, response);
            var (route, chunks) = await opening;
            await using (chunks)
            {
                if (!response.HasStarted)
                {
                    response.Tell(route);
                }

                format.Begin(route);
                await RelayAsync(chunks, format, response, cancellationToken);
            }
        }
        catch (Exception e) when (response.HasStarted && OpenAIFailure.From(e) is { } failure)
        {
            Log.BrokeOff(logger, $"{response.Headers[RouteHeaders.Provider]}", e.Message);
            RequestRecord.Of(response.HttpContext)?.Fail(e);
            format.WriteError(failure.Error, response.BodyWriter);
            await response.BodyWriter.FlushAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller has left, and the upstream was told; nobody is there to read an error.
        }
    }

    private async Task RelayAsync(OpenedStream chunks, IStreamFormat format, HttpResponse response, CancellationToken cancellationToken)
    {
        Start(response);
        while (await NextAsync(chunks, response))
        {
            if (format.Write(chunks.Current, response.BodyWriter))
            {
                await response.BodyWriter.FlushAsync(cancellationToken);
            }
        }

        format.WriteEnd(response.BodyWriter);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private async ValueTask<bool> NextAsync(OpenedStream chunks, HttpResponse response)
    {
        var next = chunks.MoveNextAsync().AsTask();
        await PingUntilAsync(next, response);
        return await next;
    }

    /// <summary>
    /// Returns when the task has ended, in whatever way. Until then the stream is never silent for long. Takes no token: it is
    /// the task that ends when the caller leaves, and before that nothing of the upstream can be let go.
    /// </summary>
    private async ValueTask PingUntilAsync(Task task, HttpResponse response)
    {
        while (!task.IsCompleted)
        {
            await task.WaitAsync(options.PingInterval, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!task.IsCompleted)
            {
                Start(response);
                await response.BodyWriter.WriteAsync(Ping, CancellationToken.None);
            }
        }
    }

    private static void Start(HttpResponse response)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream; charset=utf-8";
            response.Headers.CacheControl = "no-cache";

            // nginx holds replies back unless told otherwise.
            response.Headers["X-Accel-Buffering"] = "no";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A stream of {Provider} broke off: {Reason}")]
        public static partial void BrokeOff(ILogger logger, string provider, string reason);
    }
}
