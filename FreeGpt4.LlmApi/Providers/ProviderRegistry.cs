namespace FreeGpt4.LlmApi.Providers;

/// <summary>Every provider, and the order in which those are asked who are not asked by name.</summary>
/// <param name="usable">All that can be asked.</param>
/// <param name="chain">Names among them.</param>
/// <param name="unused">Those that a setting is missing for.</param>
/// <param name="wanted">Whether one of those would be in the chain.</param>
internal sealed class ProviderRegistry(
    IEnumerable<Provider> usable, IEnumerable<string> chain, IReadOnlyList<UnusedProvider> unused, Func<string, bool> wanted)
{
    private readonly Dictionary<string, Provider> _usable = usable.ToDictionary(provider => provider.Name, StringComparer.OrdinalIgnoreCase);
    private IReadOnlyList<Provider>? _chain;

    public IReadOnlyList<Provider> Chain => _chain ??= [.. chain.Select(name => _usable[name])];

    public IReadOnlyCollection<Provider> Usable => _usable.Values;

    public IReadOnlyList<UnusedProvider> Unused { get; } = unused;

    /// <summary>Those of <see cref="Unused"/> that would be asked, too, if they were set up.</summary>
    public IReadOnlyList<UnusedProvider> Missing { get; } = [.. unused.Where(provider => wanted(provider.Name))];

    public Provider? Find(string name) => _usable.GetValueOrDefault(name);

    public UnusedProvider? FindUnused(string name) =>
        Unused.FirstOrDefault(provider => provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public bool IsName(string name) => _usable.ContainsKey(name) || FindUnused(name) is not null;
}
