using System.Net;
using System.Net.Sockets;

namespace FreeGpt4.Tests.Edge;

/// <summary>An address where no connection is made: it refuses, or, with a full queue, does not even answer.</summary>
internal sealed class UnreachableReplica : IDisposable
{
    private static readonly TimeSpan NoAnswer = TimeSpan.FromMilliseconds(300);

    // Bound but not listening: refused, and nobody else can take the port.
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _queue = [];

    private UnreachableReplica(IPEndPoint? address = null) => _socket.Bind(address ?? new IPEndPoint(IPAddress.Loopback, 0));

    public Uri Address => new($"http://{_socket.LocalEndPoint}");

    public static UnreachableReplica Refusing() => new();

    /// <summary>Its queue of connections is full, and nobody takes one out.</summary>
    public static UnreachableReplica Silent(IPEndPoint? address = null)
    {
        var silent = new UnreachableReplica(address);
        silent._socket.Listen(1);
        while (silent.QueueOneMore())
        {
        }

        return silent;
    }

    /// <summary>Takes connections out of the queue until one has a request, and answers it.</summary>
    /// <returns>The request.</returns>
    public async Task<string> RecoverAsync(string answer)
    {
        _queue.ForEach(waiting => waiting.Dispose());
        var buffer = new byte[64 << 10];
        while (true)
        {
            using var connection = await _socket.AcceptAsync(TestContext.Current.CancellationToken);
            var received = await ReceiveAsync(connection, buffer);
            if (received > 0)
            {
                await Infrastructure.ReplicaSocket.SendAsync(connection, answer);
                return System.Text.Encoding.ASCII.GetString(buffer, 0, received);
            }
        }
    }

    public void Dispose()
    {
        _queue.ForEach(waiting => waiting.Dispose());
        _socket.Dispose();
    }

    private static async Task<int> ReceiveAsync(Socket connection, byte[] buffer)
    {
        try
        {
            return await connection.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        }
        catch (SocketException gone) when (gone.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    private bool QueueOneMore()
    {
        var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        _queue.Add(waiting);
        try
        {
            waiting.Connect(_socket.LocalEndPoint!);
            return true;
        }
        catch (SocketException connecting) when (connecting.SocketErrorCode == SocketError.WouldBlock)
        {
            // The system itself is asked, which makes a connection on loopback at once, however late a busy machine would tell of it.
            return waiting.Poll(NoAnswer, SelectMode.SelectWrite);
        }
    }
}
