using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Backchannel;

/// <summary>What resources have written to their consoles, for the CLI.</summary>
internal sealed class ConsoleLogs(ResourceNotificationService notifications, ResourceLoggerService logs)
{
    private const int LinesPerBatch = 256;

    /// <summary>The lines of one instance, of all instances of a resource, or of everything; each after the time at which it came.</summary>
    public async IAsyncEnumerable<ConsoleLogBatch> ReadAsync(ConsoleLogsRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var instances = (request.ResourceName is { } name
                ? notifications.Named(name)
                : notifications.Current().Where(instance => request.IncludeHidden || !instance.Snapshot.IsHidden))
            .Select(instance => instance.ResourceId)
            .ToArray();

        // The last lines of several are known only when they have been put in order, which the CLI does; nor are the last of those that it looks for.
        var tail = request.Follow || instances.Length > 1 || request.Search is { Length: > 0 } ? null : request.Tail;
        await foreach (var lines in Merge(instances, request.Follow, cancellationToken).ConfigureAwait(false))
        {
            foreach (var batch in (tail is { } count ? lines.TakeLast(count) : lines).Chunk(LinesPerBatch))
            {
                yield return new(batch);
            }
        }
    }

    private IAsyncEnumerable<ConsoleLogLine[]> Merge(string[] instances, bool follow, CancellationToken cancellationToken)
    {
        var merged = Channel.CreateUnbounded<ConsoleLogLine[]>(new() { SingleReader = true });
        _ = CopyAllAsync();
        return merged.Reader.ReadAllAsync(cancellationToken);

        async Task CopyAllAsync()
        {
            await Task.WhenAll(instances.Select(CopyAsync)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            merged.Writer.Complete();
        }

        async Task CopyAsync(string instance)
        {
            await foreach (var batch in logs.ReadTimedAsync(instance, follow).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var secrets = SecretMask.Of(notifications);
                merged.Writer.TryWrite([.. batch.Select(timed => Line(instance, timed, secrets))]);
            }
        }
    }

    private static ConsoleLogLine Line(string instance, TimedLogLine timed, SecretMask secrets)
    {
        var content = string.Create(CultureInfo.InvariantCulture, $"{timed.At:O} {secrets.Apply(timed.Line.Content)}");
        return new(instance, timed.Line.LineNumber, content, timed.Line.IsErrorMessage);
    }
}
