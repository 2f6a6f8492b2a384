using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Pages.Assets;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Text;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Pages;

/// <summary>What a person sees in a browser.</summary>
internal static class PagesExtensions
{
    public static WebApplicationBuilder AddPages(this WebApplicationBuilder builder)
    {
        builder.AddAssets();
        builder.Services
            .AddSingleton<PageStrings>()
            .AddSingleton<Users.OlderContract.LoginPage>();
        return builder;
    }

    /// <summary>A page that is a file of <c>Html/</c>.</summary>
    public static Page OpenPage(this IServiceProvider services, string name) => ActivatorUtilities.CreateInstance<Page>(services, name);

    /// <summary>Before routing: <c>/</c> is the chat for a browser without a question, and belongs to the older contract otherwise.</summary>
    public static IApplicationBuilder UsePages(this IApplicationBuilder app)
    {
        app.UseAssetVersions();
        var page = app.ApplicationServices.OpenPage("chat.html");
        var text = app.ApplicationServices.GetRequiredService<Live<TextOptions>>();
        var access = app.ApplicationServices.GetRequiredService<Live<AccessOptions>>();
        return app.MapWhen(context => IsForChat(context.Request, text.Current.Keyword), chat => chat.Run(context =>
            access.Current.Hosts.Allows(context.Request.Host)
                ? page.WriteAsync(context)
                : ErrorReply.WriteAsync(context, AccessFailures.WrongHost, endpoint: null, context.RequestAborted)));
    }

    private static bool IsForChat(HttpRequest request, string keyword) =>
        request.Path == "/" && request.WantsPage() && !request.Query.ContainsKey(keyword);
}
