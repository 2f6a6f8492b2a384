using Microsoft.AspNetCore.Mvc;

namespace FreeGpt4.LlmApi.Users.Access;

internal static class SmallBodies
{
    // A form of that size stays in memory: no password gets into a file.
    private const int Largest = 60 * 1024;

    /// <summary>For routes that anybody may send something to, and nobody needs to send much.</summary>
    public static T WithSmallBodies<T>(this T routes) where T : IEndpointConventionBuilder =>
        routes.WithMetadata(new RequestSizeLimitAttribute(Largest));
}
