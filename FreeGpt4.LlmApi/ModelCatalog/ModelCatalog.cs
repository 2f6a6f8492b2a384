using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.ModelCatalog;

/// <summary>Every model that a caller can name, of all providers in their order; the first to have a name has it.</summary>
internal sealed class ModelCatalog(IEnumerable<IChatProvider> providers)
{
    private static readonly Model Auto = new(ModelAliases.Auto, "FreeGpt4");

    private readonly IReadOnlyList<IChatProvider> _providers = [.. providers];

    public async Task<IReadOnlyList<Model>> ListAsync(CancellationToken cancellationToken)
    {
        var lists = await Task.WhenAll(_providers.Select(provider => provider.ListModelsAsync(cancellationToken).AsTask()));
        return [.. lists.SelectMany(models => models).Prepend(Auto).DistinctBy(model => model.Id)];
    }

    /// <exception cref="ModelNotFoundException">Neither listed nor a name that stands for a listed one.</exception>
    public async Task<Model> FindAsync(string id, CancellationToken cancellationToken)
    {
        var models = await ListAsync(cancellationToken);
        return models.FirstOrDefault(model => model.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
            ?? (ModelAliases.Contains(id) ? Auto with { Id = id } : throw new ModelNotFoundException(id));
    }

    /// <param name="provider">A provider's name in any case; <c>Auto</c> or nothing for all.</param>
    /// <exception cref="InvalidRequestException">No such provider.</exception>
    public async Task<IReadOnlyList<string>> NamesAsync(string? provider, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(provider) || ModelAliases.IsAuto(provider))
        {
            return [.. (await ListAsync(cancellationToken)).Select(model => model.Id)];
        }

        var available = string.Join(", ", _providers.Select(known => known.Name).Prepend("Auto"));
        var named = _providers.FirstOrDefault(known => known.Name.Equals(provider, StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidRequestException(
                $"Provider '{provider}' is not available. Available: {available}.",
                "provider",
                "provider_not_found",
                StatusCodes.Status404NotFound);
        return [.. (await named.ListModelsAsync(cancellationToken)).Select(model => model.Id)];
    }
}
