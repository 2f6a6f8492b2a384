using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

internal sealed partial class ResourceRunner
{
    private const int LinesOfFailure = 10;
    private static readonly TimeSpan LogDrain = TimeSpan.FromSeconds(1);

    /// <summary>Follows DCP's view of all instances until cancelled.</summary>
    public Task WatchAsync() => Task.WhenAll(WatchAsync(_executables), WatchAsync(_containers));

    private async Task WatchAsync(IWorkloads workloads)
    {
        await foreach (var change in workloads.WatchAsync(lifetime).ConfigureAwait(false))
        {
            if (!_running.TryGetValue(change.Id, out var running))
            {
                continue;
            }

            await OnChangeAsync(running, change.Status).ConfigureAwait(false);
            if (change.IsDeleted)
            {
                await OnDeletedAsync(running, change.Status).ConfigureAwait(false);
            }
        }
    }

    private async Task OnChangeAsync(Running running, DcpWorkloadStatus? status)
    {
        var instance = running.Instance;
        if (status?.State is not { Length: > 0 } || running.Ended.Task.IsCompleted)
        {
            return;
        }

        var known = InstanceSnapshots.State(status, instance.StopRequested);
        if (KnownResourceStates.TerminalStates.Contains(known))
        {
            await OnEndedAsync(running, known, status).ConfigureAwait(false);
            return;
        }

        await PublishAsync(instance, snapshot => InstanceSnapshots.Changed(snapshot, known, status, instance.StopRequested)).ConfigureAwait(false);
        if (known == KnownResourceStates.Running)
        {
            health.Watch(instance, () => EnterRotationAsync(instance));
        }
    }

    private async Task OnDeletedAsync(Running running, DcpWorkloadStatus? status)
    {
        if (!running.Ended.Task.IsCompleted)
        {
            await OnEndedAsync(running, KnownResourceStates.Finished, status ?? new DcpExecutableStatus()).ConfigureAwait(false);
        }

        running.Deleted.TrySetResult();
    }

    private async Task OnEndedAsync(Running running, string state, DcpWorkloadStatus status)
    {
        var instance = running.Instance;
        var asked = instance.StopRequested;
        health.Unwatch(instance);
        await _rotation.LeaveAsync(instance, lifetime).ConfigureAwait(false);
        if (asked)
        {
            await PublishAsync(instance, snapshot => InstanceSnapshots.Changed(snapshot, state, status, asked)).ConfigureAwait(false);
        }
        else
        {
            await ExplainEndAsync(running, state, status).ConfigureAwait(false);
        }

        running.Ended.TrySetResult();
        await PublishStoppedAsync(instance, lifetime).ConfigureAwait(false);
    }

    private async Task ExplainEndAsync(Running running, string state, DcpWorkloadStatus status)
    {
        var instance = running.Instance;
        await running.Logs.WaitAsync(LogDrain, lifetime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var lines = await _logs.LastLinesAsync(instance, LinesOfFailure).ConfigureAwait(false);
        if (lines.Length == 0 && status is DcpContainerStatus { Message: { } message })
        {
            lines = message;
        }

        var end = status.ExitCode is { } code ? $"{state} (exit code {code})" : state;

        await PublishAsync(instance, snapshot =>
        {
            var ended = InstanceSnapshots.Changed(snapshot, state, status, asked: false);
            return state == KnownResourceStates.Finished ? ended : InstanceSnapshots.Failed(ended, end, lines.Length > 0 ? lines : null);
        }).ConfigureAwait(false);
        Log.EndedUnasked(logger, instance.Id, end, lines.ReplaceLineEndings("\n  | "));
    }

    private async Task EnterRotationAsync(ResourceInstance instance)
    {
        try
        {
            await _rotation.EnterAsync(instance, lifetime).ConfigureAwait(false);
        }
        catch (DcpException exception)
        {
            Log.NotInRotation(logger, instance.Id, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Instance} {End}. Its last lines:\n  | {Lines}")]
        public static partial void EndedUnasked(ILogger logger, string instance, string end, string lines);

        [LoggerMessage(2, LogLevel.Error, "{Instance} is healthy but gets no requests: {Reason}")]
        public static partial void NotInRotation(ILogger logger, string instance, string reason);

        [LoggerMessage(3, LogLevel.Error, "A handler of the end of {Instance} failed.")]
        public static partial void HandlerFailed(ILogger logger, Exception exception, string instance);
    }
}
