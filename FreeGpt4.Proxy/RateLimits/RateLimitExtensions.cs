using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using FreeGpt4.Proxy.Errors;
using FreeGpt4.Proxy.Metrics;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.RateLimits;

internal static class RateLimitExtensions
{
    /// <summary>Limits how often a client address may ask, with a limit for the API and one for what guesses passwords and changes settings.</summary>
    public static void AddRateLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.AddOptions<RateLimiterOptions>().Configure<IOptions<EdgeOptions>, EdgeMetrics, TimeProvider>((limiter, edge, metrics, time) =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, Client>(context => PartitionOf(context, edge.Value, time));
            limiter.OnRejected = (rejected, _) => new(RefuseAsync(rejected.HttpContext, edge.Value, metrics));
        });
    }

    private static RateLimitPartition<Client> PartitionOf(HttpContext context, EdgeOptions options, TimeProvider time)
    {
        var bucket = context.Request.BucketOf();
        var (interval, burst) = LimitOf(bucket, options);
        return interval is { } each
            ? RateLimitPartition.Get(Client.Of(context, bucket), _ => new NoDelayLimiter(each, burst, time))
            : RateLimitPartition.GetNoLimiter(default(Client));
    }

    private static Task RefuseAsync(HttpContext context, EdgeOptions options, EdgeMetrics metrics)
    {
        var bucket = context.Request.BucketOf();
        metrics.Limited(bucket == Bucket.Settings ? "settings" : "api");
        var seconds = Math.Ceiling(LimitOf(bucket, options).Interval!.Value.TotalSeconds);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        var setting = bucket == Bucket.Settings ? "RATE_LIMIT_SETTINGS" : "RATE_LIMIT_API";
        return EdgeErrors.WriteAsync(
            context,
            string.Create(CultureInfo.InvariantCulture, $"Too many requests from this address. One more is allowed in {seconds} s ({setting})."));
    }

    private static (TimeSpan? Interval, int Burst) LimitOf(Bucket bucket, EdgeOptions options) => bucket switch
    {
        Bucket.Api => (options.ApiInterval, options.ApiBurst),
        Bucket.Settings => (options.SettingsInterval, options.SettingsBurst),
        _ => (null, 0),
    };

    /// <param name="Network">The address, of which with IPv6 only the first half: the rest is the client's to choose.</param>
    private readonly record struct Client(Bucket Bucket, bool IsIPv6, ulong Network)
    {
        public static Client Of(HttpContext context, Bucket bucket)
        {
            Span<byte> bytes = stackalloc byte[16];
            var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
            address.TryWriteBytes(bytes, out var length);
            return new Client(bucket, length == bytes.Length, BinaryPrimitives.ReadUInt64BigEndian(bytes));
        }
    }
}
