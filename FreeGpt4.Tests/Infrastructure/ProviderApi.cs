using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>The API with providers of the test's own, from a providers file, asked in the order in which they are given.</summary>
internal sealed class ProviderApi : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LlmApiFactory _factory;

    private ProviderApi(
        IEnumerable<JsonObject> providers, bool demo, TimeProvider? time, JsonObject? aliases, IEnumerable<(string Name, string Value)> settings)
    {
        var file = Path.Combine(_folder.Path, "providers.json");
        List<JsonObject> all = [.. providers];
        File.WriteAllText(file, new JsonObject { ["providers"] = new JsonArray([.. all]), ["aliases"] = aliases ?? [] }.ToJsonString());
        var chain = string.Join(',', all.Select(provider => (string?)provider["name"]).Concat(demo ? ["Demo"] : []));
        _factory = new(
            demo: demo,
            configure: time is null ? null : services => services.AddSingleton(time),
            settings: [("PROVIDERS_FILE", file), ("FALLBACK_PROVIDERS", chain), .. settings]);
        Client = _factory.CreateClient();
    }

    public HttpClient Client { get; }

    public static ProviderApi Start(
        IEnumerable<JsonObject> providers,
        bool demo = false,
        TimeProvider? time = null,
        JsonObject? aliases = null,
        params IEnumerable<(string Name, string Value)> settings) => new(providers, demo, time, aliases, settings);

    /// <summary>One provider of the file, with what the test adds: <c>("keyless", true)</c>.</summary>
    public static JsonObject Provider(string name, string baseUrl, params IEnumerable<(string Name, JsonNode? Value)> members)
    {
        var provider = new JsonObject { ["name"] = name, ["baseUrl"] = baseUrl, ["models"] = new JsonArray("gpt-4o") };
        foreach (var (member, value) in members)
        {
            provider[member] = value;
        }

        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory.DisposeAsync();
        _folder.Dispose();
    }
}
