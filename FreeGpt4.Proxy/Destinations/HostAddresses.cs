using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;

namespace FreeGpt4.Proxy.Destinations;

/// <summary>
/// The addresses behind host names, as the system's resolver gives them, and kept up to date. A name that cannot be resolved keeps the
/// addresses that it had: the replicas may be well when the name server is not.
/// </summary>
internal sealed partial class HostAddresses(TimeProvider time, ILogger<HostAddresses> logger) : BackgroundService
{
    // So that a change is noticed within a second.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    // Of the first look-up, which the start waits for.
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Host> _hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <returns>The addresses that are known, and what tells when there are others.</returns>
    public async ValueTask<(IReadOnlyCollection<IPAddress> Addresses, IChangeToken Changed)> OfAsync(string name, CancellationToken cancellationToken)
    {
        if (!_hosts.TryGetValue(name, out var host))
        {
            host = new Host();
            // Whoever looks a name up that hangs asks for it again, in the background.
            await LookUpAsync(name, host, cancellationToken).WaitAsync(MostPatience, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            host = _hosts.GetOrAdd(name, host);
        }

        var known = host.Known;
        return (known.Addresses, new CancellationChangeToken(known.Changed.Token));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.WhenAll(_hosts.Select(pair => LookUpAsync(pair.Key, pair.Value, stoppingToken)));
        }
    }

    private async Task LookUpAsync(string name, Host host, CancellationToken cancellationToken)
    {
        try
        {
            var found = await Dns.GetHostAddressesAsync(name, cancellationToken);
            if (found.Length > 0)
            {
                await host.IsAtAsync(found);
                if (host.Answers(true))
                {
                    Log.Resolved(logger, name);
                }

                return;
            }
        }
        catch (SocketException)
        {
            // No such name, or nobody to ask. Which one differs from system to system.
        }

        if (host.Answers(false))
        {
            Log.NotResolved(logger, name, host.Known.Addresses.Count);
        }
    }

    // One object, since what tells of a change belongs to the addresses that change.
    private sealed record KnownAddresses(HashSet<IPAddress> Addresses, CancellationTokenSource Changed);

    private sealed class Host
    {
        private bool _answers = true;

        public KnownAddresses Known { get; private set; } = new([], new CancellationTokenSource());

        public async Task IsAtAsync(IPAddress[] found)
        {
            var before = Known;
            if (!before.Addresses.SetEquals(found))
            {
                Known = new KnownAddresses([.. found], new CancellationTokenSource());
                await before.Changed.CancelAsync();
            }
        }

        /// <returns>Whether that is news.</returns>
        public bool Answers(bool now)
        {
            var news = now != _answers;
            _answers = now;
            return news;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The name {Name} cannot be resolved; its {Count} known addresses are kept until it can.")]
        public static partial void NotResolved(ILogger logger, string name, int count);

        [LoggerMessage(2, LogLevel.Information, "The name {Name} can be resolved again.")]
        public static partial void Resolved(ILogger logger, string name);
    }
}
