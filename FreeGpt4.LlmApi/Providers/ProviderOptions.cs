using System.Security.Cryptography;
using System.Text;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers.Configuration;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>Where a provider that can be asked is, how to ask it, and how patient to be with it.</summary>
internal sealed record ProviderOptions
{
    public required string Name { get; init; }

    /// <summary>Begins the names of the provider's settings: <c>CUSTOM</c> in <c>CUSTOM_BASE_URL</c>.</summary>
    public required string SettingPrefix { get; init; }

    public ProviderAdapter Adapter { get; init; }

    /// <summary>Up to but without an <see cref="Operation.Path"/>; <c>null</c> for those who need no network.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>Taken in turn; one that is refused is set aside.</summary>
    public IReadOnlyList<ApiKey> Keys { get; init; } = [];

    /// <summary>What is sent where there is no key; it belongs to nobody.</summary>
    public ApiKey? FixedKey { get; init; }

    /// <summary>The models to offer, the best first for callers who leave the choice to us; empty: whatever the upstream lists.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Somebody chose <see cref="Models"/>: no others are asked for, and the upstream's list is not.</summary>
    public bool RestrictsModels { get; init; }

    public string ModelsPath { get; init; } = "models";

    /// <summary>What it can be asked for. Of a server that nobody knows this is everything, until it says otherwise.</summary>
    public IReadOnlyList<Operation> Operations { get; init; } = Operation.All;

    public ProviderGroup Group { get; init; }

    /// <summary>Is asked only when a setting or a request names it.</summary>
    public bool OnlyWhenNamed { get; init; }

    /// <summary>How often those without a key may ask; <c>null</c> with a key, where the upstream tells.</summary>
    public RequestLimits? Limits { get; init; }

    public ProviderQuirks Quirks { get; init; } = ProviderQuirks.None;

    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>From the request to the first content of a stream. A local model may have to be loaded first.</summary>
    public required TimeSpan FirstTokenTimeout { get; init; }

    /// <summary>Between two chunks of a stream.</summary>
    public required TimeSpan InterTokenTimeout { get; init; }

    /// <summary>From the request to the whole answer when it is not streamed: all tokens are made before the first byte comes.</summary>
    public required TimeSpan AnswerTimeout { get; init; }

    public string? PromptNote { get; init; }

    public string? FactsAsOf { get; init; }

    public string KeySetting => $"{SettingPrefix}_API_KEY";

    public string AddressSetting => $"{SettingPrefix}_BASE_URL";

    /// <summary>Its list of models says whether it is there at all.</summary>
    public bool IsLocal => Group is ProviderGroup.Local;

    /// <summary>A server of one's own, of whose models nobody but itself knows: any name may be one.</summary>
    public bool TakesAnyModel => Models.Count == 0 && Group is ProviderGroup.Configured;

    /// <summary>Whether nothing is different, so that whoever was made with the one can stay.</summary>
    public bool IsSameAs(ProviderOptions other) =>
        this with { Keys = other.Keys, Models = other.Models } == other && Keys.SequenceEqual(other.Keys) && Models.SequenceEqual(other.Models);

    /// <summary>Whether it lists the same models: another key may see others, but not soon enough to wait for them.</summary>
    public bool HasSameModelsAs(ProviderOptions other) =>
        (BaseUrl, ModelsPath, Adapter, RestrictsModels, Group) == (other.BaseUrl, other.ModelsPath, other.Adapter, other.RestrictsModels, other.Group);

    public Uri Address(string path) => new($"{BaseUrl?.AbsoluteUri.TrimEnd('/')}/{path}");
}

/// <summary>The groups of providers, in the order in which they are asked.</summary>
internal enum ProviderGroup
{
    /// <summary>Somebody gave a key or an address.</summary>
    Configured,

    Keyless,

    Local,

    Demo,
}

/// <summary>A secret that says nothing when it is written out.</summary>
internal sealed record ApiKey(string Value)
{
    /// <summary>Tells keys apart, and tells nothing about them.</summary>
    public string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Value)).AsSpan(0, 4));

    public override string ToString() => Id;
}
