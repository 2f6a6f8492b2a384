using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>A client that sends what an HTTP client never would: requests in parts, and what is no request.</summary>
internal sealed class RawClient : IDisposable
{
    private const string LengthHeader = "Content-Length: ";
    private const string EndOfHead = "\r\n\r\n";

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    private readonly TcpClient _client = new();

    private RawClient()
    {
    }

    public static async Task<RawClient> ConnectAsync(int port)
    {
        var client = new RawClient();
        await client._client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        return client;
    }

    public ValueTask SendAsync(string text)
        => _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>Reads one answer that tells its length.</summary>
    public async Task<(string Head, string Body)> ReceiveAsync()
    {
        var buffer = new byte[4096];
        var text = "";
        while (true)
        {
            var end = text.IndexOf(EndOfHead, StringComparison.Ordinal) + EndOfHead.Length;
            if (end >= EndOfHead.Length)
            {
                var length = int.Parse(
                    text[..end].Split("\r\n").Single(line => line.StartsWith(LengthHeader, StringComparison.OrdinalIgnoreCase))[LengthHeader.Length..],
                    CultureInfo.InvariantCulture);
                if (text.Length >= end + length)
                {
                    return (text[..end], text[end..]);
                }
            }

            var read = await _client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken);
            read.ShouldBeGreaterThan(0, $"the connection ended after: {text}");
            text += Encoding.Latin1.GetString(buffer, 0, read);
        }
    }

    /// <summary>
    /// Sends text and reads all that comes of it. The edge may wait for more of a request, or for the next one: what has been sent is
    /// over when nothing has come for a moment, and then the edge is told so.
    /// </summary>
    public async Task<string> SendAndReadAllAsync(string text)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limited.CancelAfter(Patience.Limit);
        var answer = new StringBuilder();
        var buffer = new byte[64 << 10];
        var stream = _client.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), limited.Token);
            var ended = false;
            while (true)
            {
                var reading = stream.ReadAsync(buffer, limited.Token).AsTask();
                if (!ended && await Task.WhenAny(reading, Task.Delay(Moment, limited.Token)) != reading)
                {
                    _client.Client.Shutdown(SocketShutdown.Send);
                    ended = true;
                }

                var read = await reading;
                if (read == 0)
                {
                    return answer.ToString();
                }

                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (Exception reset) when (reset is IOException or SocketException)
        {
            // Whoever refuses a request need not read all of it.
            return answer.ToString();
        }
    }

    public void Dispose() => _client.Dispose();
}
