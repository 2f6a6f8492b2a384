using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Backchannel;

/// <summary>Where commands of the CLI find this AppHost while it runs, whoever has started it: <c>ps</c>, <c>describe</c>, <c>logs</c> and so on.</summary>
internal sealed partial class AuxiliaryBackchannelService(
    AppHostIdentity appHost, AuxiliaryBackchannelRpcTarget target, ILogger<AuxiliaryBackchannelService> logger) : IHostedService, IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private UserSocket? _socket;
    private Task _accepting = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (appHost.ProjectFile is not { } project)
        {
            return Task.CompletedTask;
        }

        try
        {
            UserSocket.CreatePrivateFolder(AppHostIdentity.SocketFolder);
            AppHostIdentity.RemoveStaleSockets(project);
            _socket = UserSocket.Listen(AppHostIdentity.NewSocketPath(project));
            _accepting = AcceptAsync(_socket, _stopping.Token);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException or ArgumentException)
        {
            // The application runs all the same.
            Log.CannotListen(logger, AppHostIdentity.SocketFolder, exception.Message);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Keys).WaitAsync(cancellationToken).ConfigureAwait(false);
        _socket?.Dispose();
    }

    public void Dispose()
    {
        // After a start that failed nobody has stopped it.
        _stopping.Cancel();
        _socket?.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync(UserSocket socket, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var connection = ServeAsync(await socket.AcceptAsync(stop).ConfigureAwait(false), stop);
                _connections.TryAdd(connection, 0);
                _ = connection.ContinueWith(ended => _connections.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException && stop.IsCancellationRequested)
        {
            // The AppHost stops.
        }
        catch (SocketException exception)
        {
            Log.CannotListen(logger, socket.Path, exception.Message);
        }
    }

    private async Task ServeAsync(Stream stream, CancellationToken stop)
    {
        using var connection = new RpcConnection(stream, target, Json);
        await connection.ServeAsync(stop).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The aspire CLI will not find this AppHost: it cannot listen in {Folder}: {Reason}")]
        public static partial void CannotListen(ILogger logger, string folder, string reason);
    }
}
