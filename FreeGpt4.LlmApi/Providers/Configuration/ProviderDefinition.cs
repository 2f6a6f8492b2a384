using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>One provider as a providers file describes it; what the file does not say is <c>null</c>.</summary>
internal sealed record ProviderDefinition
{
    public required string Name { get; init; }

    /// <summary>Who speaks to it.</summary>
    public ProviderAdapter? Adapter { get; init; }

    /// <summary>
    /// Up to but without an <see cref="Operation.Path"/>. A word in braces stands for a setting: <c>{account_id}</c> for
    /// <c>CLOUDFLARE_ACCOUNT_ID</c>.
    /// </summary>
    public string? BaseUrl { get; init; }

    public ProviderAuth? Auth { get; init; }

    /// <summary>The key of everybody who has none, with <see cref="ProviderAuth.Fixed"/>.</summary>
    public string? FixedKey { get; init; }

    /// <summary>One key, or several separated by commas.</summary>
    public string? ApiKey { get; init; }

    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>After <see cref="BaseUrl"/>; <c>models</c> unless said.</summary>
    public string? ModelsPath { get; init; }

    public IReadOnlyList<Operation>? Operations { get; init; }

    /// <summary>Whether it answers without a key of one's own. Where nothing is said, as of a server of one's own, nothing is needed.</summary>
    public bool? Keyless { get; init; }

    /// <summary>Runs on this machine when it runs: it counts as soon as it lists a model.</summary>
    public bool? Local { get; init; }

    /// <summary>Is asked only when a setting or a request names it.</summary>
    public bool? OnlyWhenNamed { get; init; }

    /// <summary>For those who come without a key.</summary>
    public RequestLimits? Limits { get; init; }

    public TimeSpan? ConnectTimeout { get; init; }

    public TimeSpan? FirstTokenTimeout { get; init; }

    public TimeSpan? InterTokenTimeout { get; init; }

    public TimeSpan? AnswerTimeout { get; init; }

    public ProviderQuirks? Quirks { get; init; }

    /// <summary>What it does with prompts, for the status page.</summary>
    public string? PromptNote { get; init; }

    /// <summary>When somebody last looked whether all this is so: <c>2026-11</c>.</summary>
    public string? FactsAsOf { get; init; }

    /// <summary>Came from <c>PROVIDERS_FILE</c>: somebody wants it.</summary>
    public bool IsOwn { get; init; }

    /// <summary>No other models than <see cref="Models"/> may be asked for.</summary>
    public bool RestrictsModels { get; init; }

    /// <summary>Begins the names of its settings: <c>LLM7</c> for LLM7, <c>Z_AI</c> for z.ai.</summary>
    public string SettingPrefix => string.Concat(Name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    /// <summary>The words in braces in <see cref="BaseUrl"/>.</summary>
    public IEnumerable<string> Placeholders => ProvidersFile.Placeholder().Matches(BaseUrl ?? "").Select(match => match.Groups[1].Value);

    private ProviderDefinition With(ProviderDefinition later) => new()
    {
        Name = Name,
        Adapter = later.Adapter ?? Adapter,
        BaseUrl = later.BaseUrl ?? BaseUrl,
        Auth = later.Auth ?? Auth,
        FixedKey = later.FixedKey ?? FixedKey,
        ApiKey = later.ApiKey ?? ApiKey,
        Models = later.Models ?? Models,
        ModelsPath = later.ModelsPath ?? ModelsPath,
        Operations = later.Operations ?? Operations,
        Keyless = later.Keyless ?? Keyless,
        Local = later.Local ?? Local,
        OnlyWhenNamed = later.OnlyWhenNamed ?? OnlyWhenNamed,
        Limits = later.Limits ?? Limits,
        ConnectTimeout = later.ConnectTimeout ?? ConnectTimeout,
        FirstTokenTimeout = later.FirstTokenTimeout ?? FirstTokenTimeout,
        InterTokenTimeout = later.InterTokenTimeout ?? InterTokenTimeout,
        AnswerTimeout = later.AnswerTimeout ?? AnswerTimeout,
        Quirks = later.Quirks ?? Quirks,
        PromptNote = later.PromptNote ?? PromptNote,
        FactsAsOf = later.FactsAsOf ?? FactsAsOf,
        IsOwn = later.IsOwn,
        RestrictsModels = later.RestrictsModels,
    };

    /// <summary>What a second file says about a provider goes before what the first one said.</summary>
    public static IReadOnlyList<ProviderDefinition> Merge(IReadOnlyList<ProviderDefinition> first, IReadOnlyList<ProviderDefinition> second)
    {
        var own = second.Select(provider => provider with { IsOwn = true, RestrictsModels = provider.Models is [_, ..] }).ToList();
        return
        [
            .. first.Select(provider => own.Find(provider.HasSameName) is { } later ? provider.With(later) : provider),
            .. own.Where(provider => !first.Any(provider.HasSameName)),
        ];
    }

    private bool HasSameName(ProviderDefinition other) => Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase);
}

internal enum ProviderAdapter
{
    /// <summary>The format of OpenAI's API, as nearly everybody has it.</summary>
    OpenAI,

    /// <summary><see cref="YouProvider"/></summary>
    You,

    /// <summary><see cref="DemoProvider"/></summary>
    Demo,
}

internal enum ProviderAuth
{
    /// <summary>A key in <c>Authorization: Bearer</c>, when there is one.</summary>
    Bearer,

    /// <summary>Never a key, even if one is set.</summary>
    None,

    /// <summary>As <see cref="Bearer"/>, and <see cref="ProviderDefinition.FixedKey"/> for those who have no key.</summary>
    Fixed,
}

/// <summary>How many requests an upstream takes.</summary>
/// <param name="PerModel">Each model has that many.</param>
internal sealed record RequestLimits(int? PerMinute, int? PerHour, int? PerDay, bool PerModel)
{
    public IEnumerable<(TimeSpan Window, int Count)> Windows =>
        from window in new[] { (TimeSpan.FromMinutes(1), PerMinute), (TimeSpan.FromHours(1), PerHour), (TimeSpan.FromDays(1), PerDay) }
        where window.Item2 is not null
        select (window.Item1, window.Item2!.Value);
}
