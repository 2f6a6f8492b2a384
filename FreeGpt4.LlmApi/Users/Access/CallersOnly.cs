namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>Metadata of a route that answers questions: in private mode only those who have said who they are get an answer.</summary>
/// <param name="IsCounted">Whether a request is one of those that a user may have a day.</param>
internal sealed record CallersOnly(bool IsCounted = true);

internal static class CallersOnlyExtensions
{
    public static T ForCallers<T>(this T routes, bool isCounted = true) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new CallersOnly(isCounted));
}
