using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Orchestration;

/// <summary>Resets every connection that it is sent: whoever made it learns at once that nobody is there.</summary>
internal sealed class ConnectionRefuser : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _refusing;

    public ConnectionRefuser()
    {
        _listener.Start();
        _refusing = RefuseAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _listener.Dispose();
        _refusing.GetAwaiter().GetResult();
    }

    private async Task RefuseAsync()
    {
        while (true)
        {
            try
            {
                using var socket = await _listener.AcceptSocketAsync().ConfigureAwait(false);
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is not SocketError.OperationAborted)
            {
                // The client left before it was refused.
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }
}
