using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace FreeGpt4.ServiceDefaults.Stopping;

/// <summary>
/// Where the server listens. A connection that the system has made, and that the server has not yet taken, is reset when the server stops
/// listening, perhaps with a request on it; whoever sent that cannot know whether it was processed. So before it stops, the system is told
/// to make no more, and the server takes those that wait. A client whose connection is not made tries again, or elsewhere, and loses nothing.
/// </summary>
/// <remarks>Only Linux can be told. Elsewhere the moment between the last look and the end stays.</remarks>
internal sealed class ListenSockets
{
    // <asm-generic/socket.h>, <linux/tcp.h>
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;

    // Of a socket that listens, tcp_info.tcpi_unacked is how many connections wait to be taken.
    private const int WaitingAt = 24;

    // A program of one instruction, "return 0": BPF_RET | BPF_K. Whoever asks for a connection gets no answer.
    private static readonly byte[] DropAll = [0x06, 0, 0, 0, 0, 0, 0, 0];

    // What is on its way within this machine or a network of containers.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentBag<Socket> _sockets = [];

    /// <summary>For <see cref="SocketTransportOptions.CreateBoundListenSocket"/>.</summary>
    public Socket Bind(EndPoint address)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        if (socket.ProtocolType == ProtocolType.Tcp)
        {
            _sockets.Add(socket);
        }

        return socket;
    }

    /// <summary>Returns when no connection waits any more, and no other can come.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            return;
        }

        Array.ForEach([.. _sockets], MakeNoMore);
        await Task.Delay(OnItsWay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_sockets.Any(socket => Waiting(socket) > 0) && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // The requests on those that were taken last.
        await Task.Delay(OnItsWay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void MakeNoMore(Socket socket)
    {
        var instruction = GCHandle.Alloc(DropAll, GCHandleType.Pinned);
        try
        {
            // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
            Span<byte> program = stackalloc byte[16];
            program.Clear();
            program[0] = 1;
            MemoryMarshal.Write(program[8..], instruction.AddrOfPinnedObject());
            socket.SetRawSocketOption(SocketLevel, AttachFilter, program);
        }
        catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
        {
            // Where it is closed nothing waits, and where a system refuses filters all is as it would be without.
            return;
        }
        finally
        {
            instruction.Free();
        }
    }

    private static uint Waiting(Socket socket)
    {
        try
        {
            Span<byte> info = stackalloc byte[WaitingAt + sizeof(uint)];
            var length = socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return length < info.Length ? 0 : MemoryMarshal.Read<uint>(info[WaitingAt..]);
        }
        catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
        {
            return 0;
        }
    }
}
