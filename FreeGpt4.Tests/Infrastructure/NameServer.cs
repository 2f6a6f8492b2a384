using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// A small DNS server on loopback. Every name has the same IPv4 addresses, which can be changed while it runs, and no other records.
/// Without an address there is no such name, as with Docker when no container runs.
/// </summary>
internal sealed class NameServer : IAsyncDisposable
{
    private const int HeaderLength = 12;
    private const int TypeA = 1;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _answering;
    private readonly Stopwatch _asking = new();
    private volatile IReadOnlyList<IPAddress> _addresses = [];
    private long _lastAsked;

    public NameServer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _answering = AnswerAsync();
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>From the first question to the last.</summary>
    public TimeSpan Asking => TimeSpan.FromTicks(Volatile.Read(ref _lastAsked));

    public IReadOnlyList<IPAddress> Addresses
    {
        get => _addresses;
        set => _addresses = value;
    }

    /// <summary>How long it takes for an answer.</summary>
    public TimeSpan Delay { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _answering;
        _socket.Dispose();
        _stopping.Dispose();
    }

    private async Task AnswerAsync()
    {
        var buffer = new byte[512];
        var from = new IPEndPoint(IPAddress.Any, 0);
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, from, _stopping.Token);
                _asking.Start();
                Volatile.Write(ref _lastAsked, _asking.Elapsed.Ticks);
                if (Answer(buffer.AsSpan(0, received.ReceivedBytes)) is { } answer)
                {
                    await Task.Delay(Delay, _stopping.Token);
                    await _socket.SendToAsync(answer, received.RemoteEndPoint, _stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
    }

    // id, flags, the numbers of questions and answers; the question: a name as labels up to an empty one, its type and class.
    private byte[]? Answer(ReadOnlySpan<byte> query)
    {
        var name = query.Length > HeaderLength ? query[HeaderLength..].IndexOf((byte)0) : -1;
        var end = HeaderLength + name + 5;
        if (name < 0 || query.Length < end)
        {
            return null;
        }

        var addresses = _addresses;
        var answers = BinaryPrimitives.ReadUInt16BigEndian(query[(end - 4)..]) == TypeA ? addresses : [];
        using var answer = new MemoryStream();
        answer.Write(query[..2]);
        answer.Write([0x85, (byte)(addresses.Count == 0 ? 0x83 : 0x80), 0, 1, 0, (byte)answers.Count, 0, 0, 0, 0]);
        answer.Write(query[HeaderLength..end]);
        foreach (var address in answers)
        {
            // The name (where the question has it), type A, class IN, valid for a second, four bytes.
            answer.Write([0xC0, HeaderLength, 0, TypeA, 0, 1, 0, 0, 0, 1, 0, 4, .. address.GetAddressBytes()]);
        }

        return answer.ToArray();
    }
}
