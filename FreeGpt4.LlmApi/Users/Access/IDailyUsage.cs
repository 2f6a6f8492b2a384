namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>What each user has had today (UTC), at all replicas, as far as this one knows.</summary>
internal interface IDailyUsage
{
    /// <summary>Counts one more request before it is answered, unless the user has had enough.</summary>
    /// <returns>Whether it may be answered.</returns>
    Task<bool> TryBeginAsync(Guid userId, int? mostRequests, long? mostTokens);
}
