namespace FreeGpt4.LlmApi.Providers;

/// <summary>A provider that can be asked: what is known of it, who speaks to it, and the models that it has. Another one, even of the same name, is another.</summary>
internal sealed class Provider(ProviderOptions options, IChatProvider client, UpstreamModels models, HttpClient http)
{
    public ProviderOptions Options { get; } = options;

    /// <summary>Who speaks to it.</summary>
    public IChatProvider Client { get; } = client;

    public UpstreamModels Models { get; } = models;

    /// <summary>What it is reached with.</summary>
    public HttpClient Http { get; } = http;

    public string Name => Options.Name;

    /// <summary>
    /// Why it is not there; <c>null</c> when it is, as far as anybody knows. A server on this machine is there when
    /// it lists a model, one that takes everybody when it can be reached.
    /// </summary>
    public Absence? Absence => Options.Group switch
    {
        ProviderGroup.Local when Models.Listed is null => new("not_running", "is not running"),
        ProviderGroup.Local when Models.Listed is [] => new("no_model", "has no model: load one"),
        ProviderGroup.Keyless when Models.Outcome is ListOutcome.Unreachable => new("unreachable", "cannot be reached: check the way to the internet"),
        _ => null,
    };
}

/// <param name="Code">For programs.</param>
/// <param name="Words">To be read after the provider's name.</param>
internal sealed record Absence(string Code, string Words);
