using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>Where an OpenAI-format server is, and how patient to be with it.</summary>
internal sealed class OpenAICompatibleOptions
{
    public required string Name { get; init; }

    /// <summary>Begins the names of the provider's settings: <c>CUSTOM</c> in <c>CUSTOM_BASE_URL</c>.</summary>
    public required string SettingPrefix { get; init; }

    /// <summary>Up to but without an <see cref="Operation.Path"/>.</summary>
    public required Uri BaseUrl { get; init; }

    public string? ApiKey { get; init; }

    /// <summary>The models to offer, the first of them for callers who leave the choice to us; empty: any.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>What it can be asked for. Of a server that nobody knows this is everything, until it says otherwise.</summary>
    public IReadOnlyList<Operation> Operations { get; init; } = Operation.All;

    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>From the request to the first content of a stream. A local model may have to be loaded first.</summary>
    public required TimeSpan FirstTokenTimeout { get; init; }

    /// <summary>Between two chunks of a stream.</summary>
    public required TimeSpan InterTokenTimeout { get; init; }

    /// <summary>From the request to the whole answer when it is not streamed: all tokens are made before the first byte comes.</summary>
    public required TimeSpan AnswerTimeout { get; init; }

    public string KeySetting => $"{SettingPrefix}_API_KEY";

    public string AddressSetting => $"{SettingPrefix}_BASE_URL";

    /// <summary>The provider described by <c>CUSTOM_…</c>; <c>null</c> when it has no address.</summary>
    public static OpenAICompatibleOptions? Custom(SettingsReader settings)
    {
        var baseUrl = settings.HttpAddress("CUSTOM_BASE_URL");
        var apiKey = settings.Secret("CUSTOM_API_KEY");
        var models = settings.List("CUSTOM_MODELS");
        var connect = Timeout("CONNECT", TimeSpan.FromSeconds(10));
        var firstToken = Timeout("FIRST_TOKEN", TimeSpan.FromSeconds(120));
        var interToken = Timeout("INTER_TOKEN", TimeSpan.FromSeconds(60));
        var answer = Timeout("ANSWER", TimeSpan.FromSeconds(300));
        return baseUrl is null
            ? null
            : new()
            {
                Name = "Custom",
                SettingPrefix = "CUSTOM",
                BaseUrl = baseUrl,
                ApiKey = apiKey,
                Models = models,
                ConnectTimeout = connect,
                FirstTokenTimeout = firstToken,
                InterTokenTimeout = interToken,
                AnswerTimeout = answer,
            };

        TimeSpan Timeout(string stage, TimeSpan byDefault) =>
            settings.Duration($"CUSTOM_{stage}_TIMEOUT", byDefault, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
    }
}
