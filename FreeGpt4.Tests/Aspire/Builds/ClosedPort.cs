using System.Net;
using System.Net.Sockets;

namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>A port of this machine that refuses whoever connects: it is bound, so nobody else can take it, but does not listen.</summary>
internal sealed class ClosedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public string Address => $"{_socket.LocalEndPoint}";

    public void Dispose() => _socket.Dispose();
}
