namespace FreeGpt4.Proxy.Retries;

internal static class RetryExtensions
{
    /// <summary>Adds <see cref="RetryMiddleware"/>. Whatever chooses and calls a replica comes after it.</summary>
    public static void UseRetries(this IApplicationBuilder pipeline) => pipeline.UseMiddleware<RetryMiddleware>();
}
