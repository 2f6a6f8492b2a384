using System.Collections.Frozen;
using FreeGpt4.LlmApi.Providers.Configuration;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>Every provider, and the order in which those are asked who are not asked by name, as some settings have it. Never changes.</summary>
internal sealed class ProviderSet
{
    private readonly FrozenDictionary<string, Provider> _usable;
    private readonly FrozenDictionary<string, UnusedProvider> _unused;

    public ProviderSet(ProviderPlan plan, Func<ProviderOptions, Provider> make)
    {
        Usable = [.. plan.Providers.Usable.Select(make)];
        Unused = plan.Providers.Unused;
        _usable = Usable.ToFrozenDictionary(provider => provider.Name, StringComparer.OrdinalIgnoreCase);
        _unused = Unused.ToFrozenDictionary(provider => provider.Name, StringComparer.OrdinalIgnoreCase);
        Chain = [.. plan.Order.Select(name => _usable[name])];

        LeftOut = plan.ByHand is [] ? [] : [.. Usable.Where(provider => provider.Options.Group is ProviderGroup.Configured).Except(Chain)];

        // Who set the chain by hand wants to hear of those in it only.
        Missing = [.. Unused.Where(provider => plan.ByHand is [] || plan.ByHand.Contains(provider.Name, StringComparer.OrdinalIgnoreCase))];
    }

    /// <summary>Those that somebody has set up, and that <c>FALLBACK_PROVIDERS</c> leaves out: only requests that name them get there.</summary>
    public IReadOnlyList<Provider> LeftOut { get; }

    public static ProviderSet Nobody { get; } = new(ProviderPlan.Nobody, _ => throw new InvalidOperationException("There is nobody."));

    public IReadOnlyList<Provider> Chain { get; }

    /// <summary>All that can be asked.</summary>
    public IReadOnlyList<Provider> Usable { get; }

    /// <summary>Those that a setting is missing for.</summary>
    public IReadOnlyList<UnusedProvider> Unused { get; }

    /// <summary>Those of <see cref="Unused"/> that would be asked, too, if they were set up.</summary>
    public IReadOnlyList<UnusedProvider> Missing { get; }

    public Provider? Find(string name) => _usable.GetValueOrDefault(name);

    public UnusedProvider? FindUnused(string name) => _unused.GetValueOrDefault(name);

    public bool IsName(string name) => _usable.ContainsKey(name) || _unused.ContainsKey(name);

    /// <summary>The chain for somebody who wants one provider asked first.</summary>
    /// <param name="first">Counts only if it can be asked.</param>
    public IReadOnlyList<Provider> ChainFrom(string? first) =>
        first is not null && Find(first) is { } provider ? [provider, .. Chain.Where(other => other != provider)] : Chain;

    public string Describe() => Chain is [] ? "nobody" : string.Join(", ", Chain.Select(provider => provider.Name));
}
