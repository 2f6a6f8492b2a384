using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Settings;

namespace FreeGpt4.LlmApi.ModelCatalog;

/// <summary>Every model that a caller can name, of all providers in their order; the first to have a name has it.</summary>
internal sealed class ModelCatalog(ProviderRegistry registry, ModelRouter router, Live<ModelAliases> aliases, TimeProvider time)
{
    // For the list of an upstream that nobody has asked for one yet: a little longer than it is given itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private static readonly Model Auto = new(ModelAliases.Auto, "FreeGpt4");

    /// <param name="withProviders">Whether each says which provider has it.</param>
    public async Task<IReadOnlyList<Model>> ListAsync(bool withProviders, CancellationToken cancellationToken)
    {
        var chain = registry.Chain;
        await RefreshAsync(chain, cancellationToken);
        return
        [
            .. ModelAliases.Usual.Concat(aliases.Current.Names)
                .Select(name => Auto with { Id = name })
                .Concat(chain.SelectMany(provider => withProviders
                    ? provider.Models.Offered.Select(model => model with { Provider = provider.Name })
                    : provider.Models.Offered))
                .GroupBy(model => model.Id, StringComparer.OrdinalIgnoreCase)

                // Who has a model of that name tells more about it.
                .Select(same => same.Last().OwnedBy == Auto.OwnedBy ? same.First() : same.First(model => model.OwnedBy != Auto.OwnedBy)),
        ];
    }

    /// <exception cref="ModelNotFoundException">Neither listed nor a name that stands for a listed one.</exception>
    public async Task<Model> FindAsync(string id, CancellationToken cancellationToken)
    {
        var models = await ListAsync(withProviders: false, cancellationToken);
        return models.FirstOrDefault(model => model.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
            ?? OfNamedProvider(id)
            ?? (ModelAliases.IsFamily(id) ? Auto with { Id = id } : throw new ModelNotFoundException(id));
    }

    /// <param name="provider">A provider's name in any case; <c>Auto</c> or nothing for all.</param>
    /// <exception cref="InvalidRequestException">No such provider.</exception>
    public async Task<IReadOnlyList<string>> NamesAsync(string? provider, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(provider) || ModelAliases.IsAuto(provider))
        {
            return [.. (await ListAsync(withProviders: false, cancellationToken)).Select(model => model.Id)];
        }

        var named = registry.Find(provider) ?? throw router.UnknownProvider(provider);
        await RefreshAsync([named], cancellationToken);
        return [.. named.Models.Offered.Select(model => model.Id)];
    }

    // groq/llama-3.1-8b-instant
    private Model? OfNamedProvider(string id)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && registry.Find(id[..slash])?.Models.Offered.FirstOrDefault(
            model => model.Id.Equals(id[(slash + 1)..], StringComparison.OrdinalIgnoreCase)) is { } model
                ? model with { Id = id }
                : null;
    }

    private async Task RefreshAsync(IEnumerable<Provider> providers, CancellationToken cancellationToken)
    {
        var firsts = providers
            .Select(provider => (provider.Models, Refresh: provider.Models.Refresh()))
            .Where(list => list.Models.Outcome is ListOutcome.Unknown)
            .Select(list => list.Refresh)
            .ToList();
        if (!firsts.TrueForAll(first => first.IsCompleted))
        {
            await Task.WhenAll(firsts).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
