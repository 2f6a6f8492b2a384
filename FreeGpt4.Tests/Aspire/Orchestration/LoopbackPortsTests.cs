using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace FreeGpt4.Tests.Aspire.Orchestration;

public sealed class LoopbackPortsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Port_Chosen_IsNobodyElsesUntilItIsReleased()
    {
        using var ports = new LoopbackPorts(new DistributedApplicationModel(new ResourceCollection()));
        var port = ports.Next();

        var reserved = IsFreeForAnyone(port);
        ports.Release(port);

        reserved.ShouldBeFalse();
        IsFreeForAnyone(port).ShouldBeTrue();
    }

    [Fact]
    public async Task Port_Chosen_IsListenedOnByTheServerThatIsToldTo()
    {
        using var ports = new LoopbackPorts(new DistributedApplicationModel(new ResourceCollection()));
        var port = ports.Next();
        using var server = new TcpListener(IPAddress.Loopback, port);

        LoopbackPorts.IsFree(port).ShouldBeTrue();
        server.Start();
        using var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(IPAddress.Loopback, port, Cancelled);
        using var accepted = await server.AcceptTcpClientAsync(Cancelled);

        accepted.Client.RemoteEndPoint.ShouldBe(client.Client.LocalEndPoint);
        LoopbackPorts.IsFree(port).ShouldBeFalse();
    }

    /// <summary>Whether the system would give the port, on either address, to a process that asks for any.</summary>
    private static bool IsFreeForAnyone(int port)
        => new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }.All(address =>
        {
            // As a TCP socket .NET would set SO_REUSEADDR on it, with which one asks for exactly this port.
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Bind(new IPEndPoint(address, port));
                return true;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return false;
            }
        });
}
