using FreeGpt4.LlmApi.Fallback.Cooldowns;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>A provider whose settings were changed is not left alone for what came of the earlier ones.</summary>
internal sealed class FreshStart(ProviderRegistry registry, ICooldownStore store, TimeProvider time) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        registry.Replaced += Forget;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        registry.Replaced -= Forget;
        return Task.CompletedTask;
    }

    private void Forget(Provider provider) => store.Clear(provider.Name, time.GetUtcNow());
}
