namespace FreeGpt4.LlmApi.Users;

/// <summary>What a user has had today (UTC), at all replicas, as far as this one knows. Answers from memory.</summary>
internal interface IDailyUsage
{
    (long Requests, long Tokens) Today(Guid user);
}
