using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// What an upstream tells in the headers <c>x-ratelimit-{limit,remaining,reset}-requests</c>.
/// https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
/// </summary>
internal sealed partial record RateLimits(int Limit, int Remaining, TimeSpan? Reset)
{
    public static RateLimits? Read(HttpResponseHeaders headers) =>
        Number(headers, "limit") is { } limit && Number(headers, "remaining") is { } remaining
            ? new(limit, remaining, ParseTime(Text(headers, "reset")))
            : null;

    /// <summary>How long an upstream asks to be left alone; <c>null</c> when it does not say, or says something in the past.</summary>
    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time)
    {
        var asked = headers.TryGetValues("retry-after-ms", out var values)
            && double.TryParse(values.First(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds)
                ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, TimeSpan.FromDays(1).TotalMilliseconds))
                : headers.RetryAfter?.Delta ?? headers.RetryAfter?.Date - time.GetUtcNow();
        return asked > TimeSpan.Zero ? asked : null;
    }

    /// <summary>The notations in use: <c>34s</c>, <c>1.5s</c>, <c>2m59.56s</c>, <c>120ms</c>, <c>7</c>.</summary>
    public static TimeSpan? ParseTime(string? text)
    {
        if (string.IsNullOrEmpty(text) || !Time().IsMatch(text))
        {
            return null;
        }

        var total = Part().Matches(text).Sum(part =>
            double.Parse(part.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)
            * part.Groups[2].Value switch { "h" => 3600, "m" => 60, "ms" => 0.001, _ => 1 });
        return total is > 0 and < 1e9 ? TimeSpan.FromSeconds(total) : null;
    }

    private static string? Text(HttpResponseHeaders headers, string what) =>
        headers.TryGetValues($"x-ratelimit-{what}-requests", out var values) ? values.First() : null;

    private static int? Number(HttpResponseHeaders headers, string what) =>
        int.TryParse(Text(headers, what), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"^([0-9]{1,9}(\.[0-9]{1,9})?(h|ms|m|s)?)+\z")]
    private static partial Regex Time();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)?")]
    private static partial Regex Part();
}
