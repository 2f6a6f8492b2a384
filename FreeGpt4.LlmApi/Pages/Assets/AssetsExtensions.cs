using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using Microsoft.Extensions.FileProviders;

namespace FreeGpt4.LlmApi.Pages.Assets;

internal static class AssetsExtensions
{
    private const string ForGood = "public, max-age=31536000, immutable";
    private const string AskEachTime = "no-cache";

    // Of MapStaticAssets.
    private const string Reload = "ReloadStaticAssetsAtRuntime";

    /// <summary>The files are found beside the program, wherever it is started: published, or, as it was built, in the source folder.</summary>
    public static WebApplicationBuilder AddAssets(this WebApplicationBuilder builder)
    {
        var published = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (Directory.Exists(Path.Combine(published, AssetFolder.Root[1..])))
        {
            builder.Environment.WebRootFileProvider = new PhysicalFileProvider(published);
        }
        else
        {
            StaticWebAssetsLoader.UseStaticWebAssets(builder.Environment, builder.Configuration);
        }

        // Unless somebody edits them while it runs: then little is compressed, and every unknown route is one of a file that may come yet.
        builder.Configuration[Reload] ??= "false";
        builder.Services.AddSingleton<AssetFolder>();
        return builder;
    }

    /// <summary>
    /// Before routing. What a page of this version links to is kept for good, by browsers and edges. During an update a page of another
    /// version gets what is here, which nobody keeps.
    /// </summary>
    public static IApplicationBuilder UseAssetVersions(this IApplicationBuilder app)
    {
        var assets = app.ApplicationServices.GetRequiredService<AssetFolder>();

        // Where files change while it runs the hash does not.
        var isFixed = !app.ApplicationServices.GetRequiredService<IConfiguration>().GetValue<bool>(Reload);
        return app.Use((context, next) =>
        {
            if (assets.TryRead(context.Request.Path, out var file, out var isCurrent))
            {
                context.Request.Path = file;
                context.Response.OnStarting(() =>
                {
                    var isThere = context.Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified;
                    context.Response.Headers.CacheControl = isThere && isCurrent && isFixed ? ForGood : AskEachTime;
                    context.Response.Headers.XContentTypeOptions = "nosniff";

                    // The tag says it better, and each of some forty files would carry it.
                    context.Response.Headers.LastModified = default;
                    return Task.CompletedTask;
                });
            }

            return next(context);
        });
    }

    public static IEndpointRouteBuilder MapAssets(this IEndpointRouteBuilder routes)
    {
        routes.MapStaticAssets().ExcludeFromDescription();
        return routes;
    }
}
