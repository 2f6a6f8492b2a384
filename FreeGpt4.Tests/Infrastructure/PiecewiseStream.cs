namespace FreeGpt4.Tests.Infrastructure;

/// <summary>Gives its bytes as a network may: one read never crosses one of the cuts.</summary>
/// <param name="cuts">Offsets in rising order.</param>
internal sealed class PiecewiseStream(byte[] bytes, IReadOnlyList<int> cuts) : Stream
{
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var end = cuts.FirstOrDefault(cut => cut > _position, bytes.Length);
        var read = bytes.AsSpan(_position, Math.Min(buffer.Length, end - _position));
        read.CopyTo(buffer);
        _position += read.Length;
        return read.Length;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(buffer.Span));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();
}
