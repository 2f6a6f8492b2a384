using FreeGpt4.LlmApi.Providers.Configuration;
using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.LlmApi.Settings;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Every provider, as the settings are now. When they change the set is made anew; those that nothing has changed for stay as they are,
/// with their lists of models and their connections. Requests under way keep the providers that they have.
/// </summary>
internal sealed partial class ProviderRegistry
{
    private readonly ProviderClients _clients;
    private readonly IServiceProvider _services;
    private readonly ILogger<ProviderRegistry> _logger;
    private volatile ProviderSet _current;

    public ProviderRegistry(Live<ProviderPlan> plan, ProviderClients clients, IServiceProvider services, ILogger<ProviderRegistry> logger)
    {
        _clients = clients;
        _services = services;
        _logger = logger;
        _current = ProviderSet.Nobody;
        plan.Changed += Follow;
        _current = Make(plan.Current);
    }

    /// <summary>One who asks more than one question about the providers takes this once: they may change between two.</summary>
    public ProviderSet Current => _current;

    public IReadOnlyList<Provider> Chain => _current.Chain;

    public IReadOnlyCollection<Provider> Usable => _current.Usable;

    public IReadOnlyList<UnusedProvider> Unused => _current.Unused;

    public Provider? Find(string name) => _current.Find(name);

    /// <summary>Raised with each provider that took the place of one with other settings.</summary>
    public event Action<Provider>? Replaced;

    /// <summary>One that stands in no chain, to be tried out.</summary>
    public Provider Create(ProviderOptions options, HttpClient client) => Create(options, client, UpstreamModels.Known.Nothing);

    /// <summary>Whoever sets up a provider expects it to be asked.</summary>
    public void WarnOfThoseLeftOut()
    {
        foreach (var provider in Current.LeftOut)
        {
            Log.LeftOut(_logger, provider.Name);
        }
    }

    // Never twice at once: LiveSettings reloads one after the other.
    private void Follow(ProviderPlan plan)
    {
        var before = _current;
        var next = _current = Make(plan);
        _clients.KeepOnly([.. next.Usable.Select(provider => provider.Name)]);
        foreach (var changed in next.Usable.Where(provider => before.Find(provider.Name) is { } old && old != provider))
        {
            Replaced?.Invoke(changed);
        }

        foreach (var provider in next.Chain)
        {
            // As at the start: that also shows who is there at all.
            _ = provider.Models.Refresh();
        }

        if (!before.Chain.Select(provider => provider.Name).SequenceEqual(next.Chain.Select(provider => provider.Name)))
        {
            Log.Chain(_logger, next.Describe());
        }

        if (!before.LeftOut.Select(provider => provider.Name).SequenceEqual(next.LeftOut.Select(provider => provider.Name)))
        {
            WarnOfThoseLeftOut();
        }
    }

    private ProviderSet Make(ProviderPlan plan) => new(plan, options =>
    {
        var before = _current.Find(options.Name);
        var client = _clients.Get(options.Name, options.ConnectTimeout, plan.Proxies);
        return before is not null && before.Options.IsSameAs(options) && before.Http == client
            ? before
            : Create(options, client, before is not null && before.Options.HasSameModelsAs(options) ? before.Models.Stale : UpstreamModels.Known.Nothing);
    });

    private Provider Create(ProviderOptions options, HttpClient client, UpstreamModels.Known models)
    {
        IChatProvider speaker = options.Adapter switch
        {
            ProviderAdapter.Demo => new DemoProvider(hasOthers: () => Chain.Any(other => other.Options.Group is ProviderGroup.Configured)),
            ProviderAdapter.You => ActivatorUtilities.CreateInstance<YouProvider>(_services, client, options),
            _ => ActivatorUtilities.CreateInstance<OpenAICompatibleProvider>(_services, client, options),
        };
        return new(
            options,
            options.Quirks.NoticePatterns is [_, ..] patterns ? new NoticeFilter(speaker, patterns) : speaker,
            ActivatorUtilities.CreateInstance<UpstreamModels>(_services, client, options, models),
            client);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Providers, in the order in which they are asked from now on: {Chain}.")]
        public static partial void Chain(ILogger logger, string chain);

        [LoggerMessage(2, LogLevel.Warning, "{Provider} is set up, but FALLBACK_PROVIDERS leaves it out: it is asked only when a request names it.")]
        public static partial void LeftOut(ILogger logger, string provider);
    }
}
