using System.Text.Json;
using System.Text.Json.Serialization;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Status;

/// <summary>What the plots of the page show: sums over time, and nobody's in particular.</summary>
internal static class SeriesEndpoint
{
    /// <summary>For who may see <c>/status</c> as a whole.</summary>
    public static IEndpointRouteBuilder MapSeries(this IEndpointRouteBuilder routes)
    {
        var access = routes.ServiceProvider.GetRequiredService<Live<AccessOptions>>();
        var isEnabled = routes.ServiceProvider.GetRequiredService<UsageOptions>().IsEnabled;
        routes.MapGet("/status/series", async (string? span, HttpContext context, UsageSeries series) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            if (access.Current.IsPrivate && Caller.Of(context).Id is null)
            {
                throw new InvalidRequestException(
                    AccessFailures.WhoAreYou(context).Error.Message, code: "invalid_api_key", status: StatusCodes.Status401Unauthorized);
            }

            var wanted = span?.ToLowerInvariant() switch
            {
                null or "hour" => SeriesSpan.Hour,
                "day" => SeriesSpan.Day,
                "month" => SeriesSpan.Month,
                _ => throw new InvalidRequestException("'span' must be hour, day or month.", "span"),
            };
            return TypedResults.Json(
                new SeriesReply(isEnabled, isEnabled ? await series.ReadAsync(wanted, context.RequestAborted) : []), SeriesJsonContext.Default.SeriesReply);
        });
        return routes;
    }
}

/// <param name="Enabled">Whether requests are written down: <c>ENABLE_USAGE_LOGGING</c>.</param>
internal sealed record SeriesReply(bool Enabled, IReadOnlyList<SeriesPoint> Points);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(SeriesReply))]
internal sealed partial class SeriesJsonContext : JsonSerializerContext;
