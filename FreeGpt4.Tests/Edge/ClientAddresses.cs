using System.Net;
using System.Net.Sockets;
using System.Text;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>Clients of an edge with an address of their own: every 127.x.y.z is one of this machine's.</summary>
internal static class ClientAddresses
{
    public static HttpClient ClientFrom(this RunningEdge edge, string address) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = await ConnectAsync(address, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = edge.Client.BaseAddress,
    };

    /// <summary>Sends text as it is, and reads until the edge ends the connection.</summary>
    /// <returns>The status, and all that came.</returns>
    public static async Task<(int Status, string Answer)> SendRawFromAsync(this RunningEdge edge, string address, string request)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limited.CancelAfter(Patience.Limit);
        var cancelled = limited.Token;
        using var socket = await ConnectAsync(address, edge.Port, cancelled);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), cancelled);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync(cancelled);
        answer.ShouldStartWith("HTTP/1.");
        return (int.Parse(answer.Split(' ', 3)[1], System.Globalization.CultureInfo.InvariantCulture), answer);
    }

    /// <summary>Sends a request for exactly this target, which an HTTP client would tidy up.</summary>
    public static Task<(int Status, string Answer)> AskFromAsync(this RunningEdge edge, string address, string target, string method = "GET")
        => edge.SendRawFromAsync(address, $"{method} {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    private static async Task<Socket> ConnectAsync(string address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
