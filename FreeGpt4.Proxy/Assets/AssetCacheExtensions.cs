namespace FreeGpt4.Proxy.Assets;

internal static class AssetCacheExtensions
{
    private const long CacheSize = 64 << 20;
    private const long LargestAsset = 8 << 20;

    public static void AddAssetCache(this IHostApplicationBuilder builder) => builder.Services.AddOutputCache(options =>
    {
        options.SizeLimit = CacheSize;
        options.MaximumBodySize = LargestAsset;
        options.UseCaseSensitivePaths = true;
        options.AddBasePolicy(new AssetCachePolicy());
    });

    /// <summary>Keeps what is below <c>/assets/</c>, and nothing else.</summary>
    public static void UseAssetCache(this IApplicationBuilder app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments("/assets"), assets => assets.UseOutputCache());
}
