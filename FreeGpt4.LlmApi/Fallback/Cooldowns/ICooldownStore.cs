using FreeGpt4.LlmApi.Providers.Configuration;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>
/// Who is left alone, and how often who was asked. All replicas behind one address are one caller to an upstream, so that they should share
/// one store.
/// </summary>
internal interface ICooldownStore
{
    /// <param name="scope">A provider, one of its keys or one of its models.</param>
    /// <returns>The last one, also when it is over: whoever fails again at once is left alone for longer.</returns>
    Cooldown? Find(string scope);

    /// <param name="next">From the last one to the one that follows. It may be called more than once, and later.</param>
    /// <returns>The one that is in force now.</returns>
    Cooldown Set(string scope, Func<Cooldown?, Cooldown> next);

    /// <summary>Forgets what began before, or cannot have begun yet.</summary>
    void Clear(string scope, DateTimeOffset before);

    /// <summary>Counts one request, unless that would be one more than there may be.</summary>
    /// <returns>How long to wait; <c>null</c> when the request was counted.</returns>
    ValueTask<TimeSpan?> ReserveAsync(string scope, RequestLimits limits, CancellationToken cancellationToken);

    /// <summary>How many requests are counted within the time that ends now.</summary>
    int Count(string scope, TimeSpan window);
}
