using System.Text.Json;
using BenchmarkDotNet.Attributes;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.ServiceDefaults;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.MicroBenchmarks;

/// <summary>What it costs to decide who is asked, of as many providers as have the model: from its name to the first that may be.</summary>
[MemoryDiagnoser]
public class FallbackBenchmarks
{
    private const int Models = 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("freegpt4-bench-").FullName;
    private readonly ChatCompletionRequest _request = ChatCompletionRequest.Ask($"model-{Models - 1}", instructions: null, "hi");
    private WebApplication _upstream = null!;
    private WebApplication _api = null!;
    private ModelRouter _router = null!;
    private ProviderHealth _health = null!;

    [Params(1, 15)]
    public int Providers { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        _upstream = await StartUpstreamAsync();
        var names = Enumerable.Range(1, Providers).Select(number => $"Provider{number}").ToArray();
        var file = Path.Combine(_folder, $"providers-{Providers}.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
            new { providers = names.Select(name => new { name, baseUrl = $"{_upstream.Urls.First()}/v1" }) }));

        _api = Build(new()
        {
            ["DATA_DIR"] = _folder,
            ["PROVIDERS_FILE"] = file,
            ["FALLBACK_PROVIDERS"] = string.Join(',', names),
        });
        (_router, _health) = (_api.Services.GetRequiredService<ModelRouter>(), _api.Services.GetRequiredService<ProviderHealth>());
        await Task.WhenAll(_api.Services.GetRequiredService<ProviderRegistry>().Chain.Select(provider => provider.Models.Refresh()));
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        await _api.DisposeAsync();
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public async Task<bool> Decide()
    {
        var route = await _router.FindAsync(_request, CancellationToken.None);
        var admission = await _health.EnterAsync(route.Candidates[0], [], CancellationToken.None);
        return admission.Attempt is not null && route.Candidates.Count == Providers;
    }

    /// <summary>That lists its models; nobody asks it for anything else.</summary>
    private static async Task<WebApplication> StartUpstreamAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var upstream = builder.Build();
        var list = JsonSerializer.SerializeToUtf8Bytes(new { data = Enumerable.Range(0, Models).Select(number => new { id = $"model-{number}" }) });
        upstream.MapGet("/v1/models", () => Results.Bytes(list, "application/json"));
        await upstream.StartAsync();
        return upstream;
    }

    /// <summary>What the decision needs of a replica, as its program puts it together.</summary>
    private static WebApplication Build(Dictionary<string, string?> values)
    {
        var builder = ServiceBuilder.Create([]);
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(values);
        var live = builder.AddLiveSettings();
        var settings = new SettingsReader(builder.Configuration);
        builder.AddServiceDefaults();
        builder.Services.AddState(settings).AddUsers(settings, live).AddReplyHeaders(settings).AddReplicas();
        builder.Services.AddProviders(settings, live, builder.Environment).AddUsage(settings).AddFallback(settings, live).AddModelCatalog();
        return builder.Build();
    }
}
