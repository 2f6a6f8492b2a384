using System.Net.ServerSentEvents;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// The server-sent events of an upstream, one at a time. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
/// with one liberty: a last event that no empty line ends counts.
/// </summary>
internal sealed class UpstreamEvents : IAsyncDisposable
{
    private readonly EventStreamBody _body;
    private readonly IAsyncEnumerator<SseItem<byte[]>> _events;

    /// <param name="body">Belongs to the reader from here on.</param>
    public UpstreamEvents(Stream body, CancellationToken cancellationToken)
    {
        _body = new(body);
        _events = SseParser.Create(_body, static (_, data) => data.ToArray())
            .EnumerateAsync(cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
    }

    /// <returns>The next event that has data; <c>null</c> at the end of the stream.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">An event is too long to be one.</exception>
    public async ValueTask<UpstreamEvent?> NextAsync()
    {
        while (await _events.MoveNextAsync())
        {
            _body.EventTaken();
            var data = _events.Current.Data;
            if (data.Length > 0)
            {
                // Lines of one event; between the tokens of JSON a space is as good as a line's end, and what we send has one line.
                data.AsSpan().Replace((byte)'\n', (byte)' ');
                return new(_events.Current.EventType, data);
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        await _body.DisposeAsync();
    }
}

/// <param name="Type"><c>message</c> unless the upstream says otherwise.</param>
/// <param name="Data">Without line ends.</param>
internal readonly record struct UpstreamEvent(string Type, byte[] Data)
{
    /// <summary>What ends an OpenAI-format stream.</summary>
    public bool IsDone => Data.AsSpan().Trim((byte)' ').SequenceEqual("[DONE]"u8);
}
