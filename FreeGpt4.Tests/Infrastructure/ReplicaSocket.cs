using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// A replica below HTTP, for what a web server cannot do on purpose: reset a connection, or end it within an answer. It reads each
/// request whole, keeps it, and hands its connection to the behaviour of the test.
/// </summary>
public sealed class ReplicaSocket : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly Func<Socket, int, Task> _behave;
    private readonly bool _answersProbes;
    private readonly Task _accepting;

    /// <param name="behave">Gets the connection after each request, and how many requests there were before.</param>
    /// <param name="address">
    /// Where it listens, when not on a random port: one of several replicas, which says by itself that it is ready when an edge asks.
    /// </param>
    public ReplicaSocket(Func<Socket, int, Task> behave, IPEndPoint? address = null)
    {
        _behave = behave;
        _answersProbes = address is not null;
        _listener = new TcpListener(address ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Ends a connection with a reset instead of a close.</summary>
    public static Task ResetAsync(Socket connection)
    {
        connection.LingerState = new LingerOption(enable: true, seconds: 0);
        connection.Close();
        return Task.CompletedTask;
    }

    public static Task CloseAsync(Socket connection)
    {
        connection.Shutdown(SocketShutdown.Both);
        return Task.CompletedTask;
    }

    public static Task SendAsync(Socket connection, string text) => connection.SendAsync(Encoding.ASCII.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true)
            {
                served.Add(ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                while (connection.Connected && await ReadRequestAsync(connection) is { } request)
                {
                    if (_answersProbes && request.StartsWith("GET /health ", StringComparison.Ordinal))
                    {
                        await SendAsync(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                        continue;
                    }

                    _requests.Enqueue(request);
                    await _behave(connection, _requests.Count - 1);
                }
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The edge left, the behaviour ended the connection, or the test is over.
                return;
            }
        }
    }

    private async Task<string?> ReadRequestAsync(Socket connection)
    {
        var buffer = new byte[4096];
        var text = "";
        while (Length(text) is not { } length || text.Length < length)
        {
            var read = await connection.ReceiveAsync(buffer, _stopping.Token);
            if (read == 0)
            {
                return null;
            }

            text += Encoding.Latin1.GetString(buffer, 0, read);
        }

        return text;
    }

    // Of the whole request, once its head is complete.
    private static int? Length(string text)
    {
        const string LengthHeader = "Content-Length:";
        var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0)
        {
            return null;
        }

        var body = text[..head].Split("\r\n").FirstOrDefault(line => line.StartsWith(LengthHeader, StringComparison.OrdinalIgnoreCase));
        return head + 4 + (body is null ? 0 : int.Parse(body[LengthHeader.Length..], CultureInfo.InvariantCulture));
    }
}
