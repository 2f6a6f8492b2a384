namespace FreeGpt4.LlmApi.Users;

/// <summary>Names of authorization policies.</summary>
internal static class AccessPolicies
{
    /// <summary>A user with the role admin.</summary>
    public const string Admin = "admin";

    /// <summary>Any user who has logged in or shown a token.</summary>
    public const string User = "user";
}
