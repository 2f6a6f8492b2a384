using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>A provider whose settings were changed is not left alone for what came of the earlier ones.</summary>
internal sealed class FreshStart(ProviderRegistry registry, ProviderHealth health) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        registry.Replaced += health.Forget;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        registry.Replaced -= health.Forget;
        return Task.CompletedTask;
    }
}
