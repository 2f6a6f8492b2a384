using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Settings;

namespace FreeGpt4.LlmApi.ModelCatalog;

/// <summary>
/// From the name that a caller gives to those who may have an answer, in the order in which to ask them. The one place that knows what a
/// name means: a model, an alias, "auto" and the names that stand for it, or a model of one provider, as in <c>groq/llama-3.1-8b-instant</c>.
/// </summary>
internal sealed class ModelRouter(ProviderRegistry registry, Live<ModelAliases> aliases, RequestedProvider requestedProvider, TimeProvider time)
{
    // For an answer to the question whether somebody is there at all. The first requests after a start wait for it, if at all.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <exception cref="ModelNotFoundException">Nobody who can be asked has it.</exception>
    /// <exception cref="OperationNotSupportedException">Nobody can be asked for that.</exception>
    /// <exception cref="InvalidRequestException">The request names a provider that does not exist.</exception>
    public async ValueTask<ModelRoute> FindAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        var name = request.Model;
        var providers = registry.Current;
        if (requestedProvider.Name is { } header)
        {
            var model = name.StartsWith($"{header}/", StringComparison.OrdinalIgnoreCase) ? name[(header.Length + 1)..] : name;
            return providers.IsName(header) ? await OneAsync(providers, header, model, request, cancellationToken) : throw UnknownProvider(header);
        }

        var known = aliases.Current;
        var chain = providers.ChainFrom(requestedProvider.Preferred);
        var isAuto = ModelAliases.IsAuto(name) && request.Operation != Operation.Embeddings;
        if ((isAuto ? known.FindAuto(requestedProvider.Model) : known.Find(name)) is { } targets)
        {
            return await AliasAsync(providers, chain, targets, request, cancellationToken);
        }

        if (Split(providers, name) is { } named && !IsListed(providers, name))
        {
            return await OneAsync(providers, named.Provider, named.Model, request, cancellationToken);
        }

        return await ChainAsync(providers, chain, name, request, cancellationToken);
    }

    /// <exception cref="InvalidRequestException"/>
    public InvalidRequestException UnknownProvider(string name) => new(
        $"Provider '{name}' is not available. Available: {string.Join(", ", registry.Usable.Select(known => known.Name).Prepend("Auto"))}.",
        "provider",
        "provider_not_found",
        StatusCodes.Status404NotFound);

    private async ValueTask<ModelRoute> OneAsync(
        ProviderSet providers, string name, string model, ModelRequest request, CancellationToken cancellationToken)
    {
        if (providers.Find(name) is not { } provider)
        {
            return new([], [], [providers.FindUnused(name)!]);
        }

        await WaitForListsAsync([provider], model, cancellationToken);
        if (!CanTake(provider, request))
        {
            throw new OperationNotSupportedException(request.Operation, []);
        }

        return provider.Absence is not null ? new([], [provider], []) : ModelOf(provider, model, isNamed: true) is { } found
            ? new([CandidateOf(provider, found, model)], [], [])
            : throw new ModelNotFoundException(request.Model);
    }

    private async ValueTask<ModelRoute> AliasAsync(
        ProviderSet providers, IReadOnlyList<Provider> chain, IReadOnlyList<string> targets, ModelRequest request, CancellationToken cancellationToken)
    {
        var candidates = new List<Candidate>();
        var absent = new List<Provider>();
        var unused = new List<UnusedProvider>();
        foreach (var target in targets)
        {
            try
            {
                var route = Split(providers, target) is { } named
                    ? await OneAsync(providers, named.Provider, named.Model, request, cancellationToken)
                    : providers.IsName(target)
                        ? await OneAsync(providers, target, ModelAliases.Auto, request, cancellationToken)
                        : await ChainAsync(providers, chain, target, request, cancellationToken);
                candidates.AddRange(route.Candidates);
                absent.AddRange(route.Absent);
                unused.AddRange(route.Unused);
            }
            catch (Exception e) when (e is ModelNotFoundException or OperationNotSupportedException)
            {
                // Another target may do.
            }
        }

        return candidates.Count + absent.Count + unused.Count > 0
            ? new([.. candidates.Distinct()], [.. absent.Distinct()], [.. unused.Distinct()])
            : throw new ModelNotFoundException(request.Model);
    }

    private async ValueTask<ModelRoute> ChainAsync(
        ProviderSet providers, IReadOnlyList<Provider> chain, string name, ModelRequest request, CancellationToken cancellationToken)
    {
        var able = chain.Where(provider => CanTake(provider, request)).ToList();
        var unused = providers.Missing.Where(provider => provider.Operations.Contains(request.Operation)).ToList();
        if (able.Count == 0 && request.Operation != Operation.Chat)
        {
            throw new OperationNotSupportedException(request.Operation, unused);
        }

        await WaitForListsAsync(able, name, cancellationToken);
        var having = able.Select(provider => (Provider: provider, Model: ModelOf(provider, name, isNamed: false)))
            .Where(found => found.Model is not null)
            .ToList();
        if (having.Count == 0)
        {
            having = [.. able.Where(provider => provider.Options.TakesAnyModel).Select(provider => (provider, (string?)name))];
        }

        if (having.Count == 0 && (able.Count > 0 || chain.Count > 0) && !able.All(provider => provider.Absence is not null))
        {
            throw new ModelNotFoundException(request.Model);
        }

        var absent = able.Where(provider => provider.Absence is not null).ToList();
        var present = having.Where(found => found.Provider.Absence is null).ToList();

        // Of those without a key only the ones that are known to be there come before the rest: where there is no network, nobody waits.
        return new(
            [
                .. present.OrderBy(found => found.Provider.Options.Group is ProviderGroup.Keyless && found.Provider.Models.Outcome is ListOutcome.Unknown)
                    .Select(found => CandidateOf(found.Provider, found.Model!, name)),
            ],
            absent,
            unused);
    }

    /// <summary>
    /// Sees to it that lists are fresh, and waits a moment for those without which nobody can say who is there, or what "auto" is.
    /// </summary>
    private async ValueTask WaitForListsAsync(IEnumerable<Provider> providers, string name, CancellationToken cancellationToken)
    {
        List<Task>? wanted = null;
        foreach (var provider in providers)
        {
            var refresh = provider.Models.Refresh();
            var isNeeded = provider.Options.Group is ProviderGroup.Keyless or ProviderGroup.Local
                || (provider.Options.Models.Count == 0 && ModelAliases.IsFamily(name));
            if (!refresh.IsCompleted && provider.Models.Outcome is ListOutcome.Unknown && isNeeded)
            {
                (wanted ??= []).Add(refresh);
            }
        }

        if (wanted is not null)
        {
            await Task.WhenAll(wanted).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <returns>The provider's name for the model; <c>null</c> when it has nothing for it.</returns>
    private static string? ModelOf(Provider provider, string requested, bool isNamed)
    {
        var (models, restricts) = (provider.Options.Models, provider.Options.RestrictsModels);
        if ((Find(models, requested) ?? (restricts ? null : provider.Models.Find(requested))) is { } exact)
        {
            return exact;
        }

        if (ModelAliases.IsFamily(requested))
        {
            var listed = restricts ? null : provider.Models.Listed;
            return models.FirstOrDefault(model => listed is null or [] || provider.Models.Find(model) is not null)
                ?? (listed is [var first, ..] ? first.Id : null)
                ?? (models is [var preferred, ..] ? preferred : null)
                ?? requested;
        }

        return isNamed && !restricts ? requested : null;
    }

    private static Candidate CandidateOf(Provider provider, string model, string requested) => new(
        provider, model, IsCallersName: model == requested && !provider.Options.Models.Contains(model) && provider.Models.Find(model) != model);

    // As UpstreamModels.Find, in the few that somebody has chosen.
    private static string? Find(IReadOnlyList<string> models, string requested) =>
        models.FirstOrDefault(model => model.StartsWith(requested, StringComparison.OrdinalIgnoreCase)
            && (model.Length == requested.Length || model.AsSpan(requested.Length).Equals(UpstreamModels.Latest, StringComparison.OrdinalIgnoreCase)));

    private static bool CanTake(Provider provider, ModelRequest request) =>
        provider.Client.Has(request.Operation) && !(provider.Options.Quirks.NoTools && request.HasTools);

    private static bool IsListed(ProviderSet providers, string name) => providers.Chain.Any(provider =>
        Find(provider.Options.Models, name) is not null || provider.Models.Find(name) is not null);

    private static (string Provider, string Model)? Split(ProviderSet providers, string name) =>
        name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && slash < name.Length - 1 && providers.IsName(name[..slash])
            ? (name[..slash], name[(slash + 1)..])
            : null;
}

/// <param name="Candidates">To be asked in this order.</param>
/// <param name="Absent">Those who would be, if they were there.</param>
/// <param name="Unused">Those who would be, if they were set up.</param>
internal sealed record ModelRoute(IReadOnlyList<Candidate> Candidates, IReadOnlyList<Provider> Absent, IReadOnlyList<UnusedProvider> Unused);
