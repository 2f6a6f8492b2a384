using System.Net.Sockets;
using System.Text.Json;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Backchannel;

/// <summary>The line to the CLI that has started the AppHost, for <c>run</c>, <c>start</c>, <c>publish</c> and <c>do</c>. Without it there is none.</summary>
internal sealed class BackchannelService(IConfiguration configuration, AppHostRpcTarget target, AppHostLog log, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true };
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LastWordsLimit = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly string? _path = configuration[CliSettings.BackchannelPath] is { Length: > 0 } path ? path : null;
    private UserSocket? _socket;
    private RpcConnection? _connection;
    private Task _serving = Task.CompletedTask;

    /// <summary>Whether there is a CLI that wants to be told.</summary>
    public bool IsExpected => _path is not null;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_path is null)
        {
            return Task.CompletedTask;
        }

        try
        {
            _socket = UserSocket.Listen(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException or ArgumentException)
        {
            throw new DistributedApplicationException(
                $"{CliSettings.BackchannelPath} is '{_path}', where the AppHost cannot listen: {exception.Message} Unset it, or start the AppHost with the aspire CLI.", exception);
        }

        _serving = ServeAsync(_socket, _stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>Waits for what the CLI wants of an AppHost that publishes.</summary>
    /// <returns>False when nothing is to be published: only the steps were to be listed, or the CLI has gone.</returns>
    /// <exception cref="DistributedApplicationException">There is no CLI after all.</exception>
    public async Task<bool> WaitForOrderAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await target.Order.WaitAsync(ConnectLimit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new DistributedApplicationException(
                $"{CliSettings.BackchannelPath} is set, but no aspire CLI has connected within {ConnectLimit.TotalSeconds} s: unset it, or start the AppHost with the CLI.");
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Returns when the CLI has been told everything and has gone or wants the AppHost to go.</summary>
    public async Task WaitForStopAsync()
    {
        var stopping = Task.Delay(Timeout.Infinite, lifetime.ApplicationStopping);
        await Task.WhenAny(_serving, stopping).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Ends the streams; what has been asked is still answered.
        log.Complete();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LastWordsLimit);
        await Poll.UntilAsync(() => _connection is null or { IsIdle: true } || _serving.IsCompleted, TimeProvider.System, limit.Token).ConfigureAwait(false);

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
        _socket?.Dispose();
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync(UserSocket socket, CancellationToken stop)
    {
        try
        {
            using var connection = _connection = new(await socket.AcceptAsync(stop).ConfigureAwait(false), target, Json);
            await connection.ServeAsync(stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The AppHost stops before the CLI has connected.
        }
    }
}
