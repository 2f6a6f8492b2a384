using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dcp;

/// <summary>A running DCP of our own. When this process ends, however it ends, DCP stops everything that it has started and goes.</summary>
internal sealed partial class DcpHost : IAsyncDisposable
{
    private static readonly TimeSpan LivenessInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan KillTimeLimit = TimeSpan.FromSeconds(5);

    private readonly DcpHostOptions _options;
    private readonly DcpSession _session;
    private readonly DcpProcesses _processes;
    private readonly DcpLog _log;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationTokenSource _stopWatching = new();
    private readonly TaskCompletionSource<string> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _watching;
    private readonly Lock _lock = new();
    private Task? _stopping;

    private DcpHost(
        DcpHostOptions options, DcpSession session, DcpProcesses processes, DcpLog log, DcpKubeconfig kubeconfig, ILogger logger)
    {
        _options = options;
        _session = session;
        _processes = processes;
        _log = log;
        _logger = logger;
        Client = new(kubeconfig, options.TimeProvider, logger, _gone.Token);
        _watching = WatchProcessesAsync(_stopWatching.Token);
    }

    public DcpClient Client { get; }

    /// <summary>DCP's folder, private to this user; DCP removes it when it goes.</summary>
    public string SessionDirectory => _session.Folder;

    /// <summary>
    /// Completes, with a line for the user, when DCP has gone although nobody stopped it: the resources are ending too.
    /// Cancelled by <see cref="StopAsync"/>.
    /// </summary>
    public Task<string> Exited => _exited.Task;

    /// <exception cref="DistributedApplicationException">DCP cannot be started.</exception>
    public static async Task<DcpHost> StartAsync(DcpHostOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new DistributedApplicationException("Resources run on Linux only here: build with -p:AspireHosting=packages elsewhere.");
        }

        var session = DcpSession.Create(options.TimeProvider);
        var processes = new DcpProcesses(session.Kubeconfig);
        DcpLog? log = null;
        try
        {
            log = new DcpLog(session.LogSocket, logger);
            var kubeconfig = await new DcpLauncher(options, session, log, processes).LaunchAsync(cancellationToken);
            session.DeleteKey();
            return new(options, session, processes, log, kubeconfig, logger);
        }
        catch
        {
            await KillAsync(processes, options.TimeProvider, logger);
            if (log is not null)
            {
                await log.DisposeAsync();
            }

            session.Delete();
            throw;
        }
    }

    /// <summary>
    /// Stops these executables, all at once, by deleting them, and returns when their processes have ended. A process that does not end
    /// on SIGTERM is killed by DCP after 6 s.
    /// </summary>
    /// <exception cref="DcpException">DCP refuses or does not answer.</exception>
    public Task StopExecutablesAsync(IReadOnlySet<string> names, CancellationToken cancellationToken) =>
        new DcpExecutableStop(Client, _processes, _options.TimeProvider)
            .RunAsync(executable => names.Contains(executable.Metadata.Name), cancellationToken);

    /// <summary>
    /// Stops everything that DCP has started, then DCP. When this returns, their processes, ports and files are gone: what has not
    /// ended in time is killed, and at once when cancelled.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _stopping ??= StopOnceAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        Client.Dispose();
        _gone.Dispose();
        _stopWatching.Dispose();
    }

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        await _stopWatching.CancelAsync();
        await _watching;
        _processes.Look();

        using var limit = new CancellationTokenSource(_options.StopTimeLimit, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await (IsRunning() ? StopGracefullyAsync(either.Token) : TerminateAsync(either.Token));
        }
        catch (DcpException exception)
        {
            Log.StopFailed(_logger, exception.Message);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            Log.StopTookTooLong(_logger);
        }

        await KillAsync(_processes, _options.TimeProvider, _logger);
        _exited.TrySetCanceled(CancellationToken.None);
        await _gone.CancelAsync();
        await _log.DisposeAsync();
        _session.Delete();
        if (_processes.NotificationSocket is { } socket)
        {
            File.Delete(socket);
        }
    }

    private async Task StopGracefullyAsync(CancellationToken cancellationToken)
    {
        await new DcpExecutableStop(Client, _processes, _options.TimeProvider).RunAsync(_ => true, cancellationToken);
        await Client.DeleteUntilGoneAsync<DcpContainer>(_ => true, cancellationToken);
        await Client.DeleteUntilGoneAsync<DcpContainerNetworkTunnelProxy>(_ => true, cancellationToken);
        await Client.DeleteUntilGoneAsync<DcpContainerNetwork>(_ => true, cancellationToken);

        // Nothing is left for DCP to clean up. With a cleanup it would take another second.
        // It removes its folder last and then waits for two seconds more, which need not be waited for.
        try
        {
            await Client.ShutDownAsync(DcpExecution.NoCleanup, cancellationToken);
        }
        catch (DcpException exception) when (exception.StatusCode is null)
        {
            // It may go before it has answered.
            Log.NoAnswerToStop(_logger, exception.Message);
        }

        await Poll.UntilAsync(
            () => !_session.Exists || _processes.Server is not { IsAlive: true }, _options.TimeProvider, cancellationToken);
    }

    // DCP is broken: what it has started must end all the same.
    private async Task TerminateAsync(CancellationToken cancellationToken)
    {
        foreach (var process in _processes.Alive)
        {
            process.Terminate();
        }

        await Poll.UntilAsync(() => _processes.Alive.Count == 0, _options.TimeProvider, cancellationToken);
    }

    private static async Task KillAsync(DcpProcesses processes, TimeProvider time, ILogger logger)
    {
        using var limit = new CancellationTokenSource(KillTimeLimit, time);
        var isDone = await Poll.UntilAsync(
            () =>
            {
                processes.Look();
                var alive = processes.Alive;
                foreach (var process in alive)
                {
                    process.Kill();
                }

                return alive.Count == 0;
            },
            time,
            limit.Token);

        if (!isDone)
        {
            Log.StillAlive(logger, string.Join(", ", processes.Alive.Select(process => process.Id)));
        }
    }

    private async Task WatchProcessesAsync(CancellationToken stop)
    {
        // The controllers start right after DCP has begun to listen, and what they start is found through them.
        await Poll.UntilAsync(
            () =>
            {
                _processes.Look();
                return _processes.Controllers is not null || !IsRunning();
            },
            _options.TimeProvider,
            stop);

        using var timer = new PeriodicTimer(LivenessInterval, _options.TimeProvider);
        try
        {
            while (IsRunning())
            {
                await timer.WaitForNextTickAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        var why = _log.LastProblem is { } problem ? $": {problem}" : ".";
        _exited.TrySetResult($"DCP ended unexpectedly, and with it every resource{why}");
        await _gone.CancelAsync();
    }

    private bool IsRunning() => _processes.Server is { IsAlive: true } && _processes.Controllers is null or { IsAlive: true };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Stopping the resources failed, so they are killed: {Reason}")]
        public static partial void StopFailed(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Stopping the resources took too long, so they are killed.")]
        public static partial void StopTookTooLong(ILogger logger);

        [LoggerMessage(3, LogLevel.Error, "These processes cannot be killed: {ProcessIds}. End them by hand.")]
        public static partial void StillAlive(ILogger logger, string processIds);

        [LoggerMessage(4, LogLevel.Debug, "{Reason}")]
        public static partial void NoAnswerToStop(ILogger logger, string reason);
    }
}
