using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Aspire.Hosting.Dcp;

internal sealed partial class DcpClient
{
    // A connection that has died silently is noticed after this long at the latest.
    private const int WatchSeconds = 300;

    private static readonly TimeSpan WatchRetryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// All objects of a kind, as <see cref="DcpChangeType.Added"/>, then every change. When the connection ends, it is made again and
    /// what happened meanwhile follows, each change once. Ends quietly when cancelled or when DCP is gone.
    /// </summary>
    /// <exception cref="DcpException">DCP refuses the watch.</exception>
    public async IAsyncEnumerable<DcpChange<T>> WatchAsync<T>([EnumeratorCancellation] CancellationToken cancellationToken)
        where T : DcpResource, IDcpResource
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gone);
        var stop = either.Token;
        var known = new DcpKnownResources<T>();

        while (!stop.IsCancellationRequested)
        {
            using var connection = await TryConnectAsync(known, stop);
            foreach (var deletion in connection is null ? [] : known.TakeAllBut(connection.Existing))
            {
                yield return deletion;
            }

            while (connection is not null && await TryReadAsync<T>(connection.Events, stop) is { } line)
            {
                if (known.Take(line.Type, line.Object.Deserialize(DcpJsonContext.For<T>())!) is { } change)
                {
                    yield return change;
                }
            }

            await Task.Delay(WatchRetryDelay, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<WatchConnection<T>?> TryConnectAsync<T>(DcpKnownResources<T> known, CancellationToken stop)
        where T : DcpResource, IDcpResource
    {
        StreamReader? events = null;
        try
        {
            // A new watch tells of everything there is, but not of what is there no longer: only a list taken after it began does.
            events = await OpenTextAsync($"{Path<T>()}?watch=true&timeoutSeconds={WatchSeconds}", $"watch {T.Definition.Plural}", stop);
            return new(events, known.IsEmpty ? [] : await ListAsync<T>(stop));
        }
        catch (DcpException exception) when (exception.StatusCode is null)
        {
            events?.Dispose();
            Log.WatchBroke(_logger, T.Definition.Plural, exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            events?.Dispose();
            return null;
        }
    }

    /// <returns><see langword="null"/> when the connection has ended, for whatever reason.</returns>
    private async Task<DcpWatchEvent?> TryReadAsync<T>(StreamReader events, CancellationToken stop) where T : IDcpResource
    {
        try
        {
            if (await events.ReadLineAsync(stop) is not { } line)
            {
                return null;
            }

            var read = JsonSerializer.Deserialize(line, DcpJsonContext.Default.DcpWatchEvent)!;
            if (read.Type is not "ERROR")
            {
                return read;
            }

            Log.WatchBroke(_logger, T.Definition.Plural, read.Object.Deserialize(DcpJsonContext.Default.DcpStatus)?.Reason ?? read.Type);
            return null;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or JsonException)
        {
            Log.WatchBroke(_logger, T.Definition.Plural, exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private sealed record WatchConnection<T>(StreamReader Events, IReadOnlyList<T> Existing) : IDisposable
    {
        public void Dispose() => Events.Dispose();
    }
}
