namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// An upstream's event stream as <see cref="System.Net.ServerSentEvents.SseParser"/> needs it. The parser drops a last event that
/// the upstream did not end with an empty line, which some do not, so one is added; and it would gather an event of any size.
/// </summary>
internal sealed class EventStreamBody(Stream inner) : Stream
{
    private const int LongestEvent = 16 * 1024 * 1024;

    private int _sinceLastEvent;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>An event was taken; the next may be as long again.</summary>
    public void EventTaken() => _sinceLastEvent = 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (read == 0 && !_ended && buffer.Length >= 2)
        {
            _ended = true;
            "\n\n"u8.CopyTo(buffer.Span);
            return 2;
        }

        _sinceLastEvent += read;
        return _sinceLastEvent <= LongestEvent
            ? read
            : throw new InvalidDataException($"An event of more than {LongestEvent} bytes.");
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }
}
