using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Asks every provider of the chain for its models as soon as the service starts: that also shows who is there at all. Warns when somebody
/// else could spend the keys.
/// </summary>
internal sealed partial class ProviderStart(ProviderRegistry registry, IServer server, ILogger<ProviderStart> logger) : IHostedLifecycleService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var provider in registry.Chain)
        {
            // Not waited for: whoever needs the answer does.
            _ = provider.Models.Refresh();
        }

        Log.Chain(logger, registry.Current.Describe());
        registry.WarnOfThoseLeftOut();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var withKeys = registry.Usable.Where(provider => provider.Options.Keys is not []).Select(provider => provider.Name).ToList();
        var open = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(address => !IsLoopback(BindingAddress.Parse(address).Host));
        if (withKeys.Count > 0 && open is not null)
        {
            Log.Open(logger, open, string.Join(", ", withKeys));
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Providers, in the order in which they are asked: {Chain}.")]
        public static partial void Chain(ILogger logger, string chain);

        [LoggerMessage(2, LogLevel.Warning,
            "{Address} can be reached from other machines, and so can whoever passes requests on to it: anybody there can spend the keys of {Providers}.")]
        public static partial void Open(ILogger logger, string address, string providers);
    }
}
