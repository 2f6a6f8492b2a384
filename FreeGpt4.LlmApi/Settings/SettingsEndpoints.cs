using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers.Trials;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.LlmApi.Users.Import;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>The settings of the cluster, for admins: to see, and to change while it runs.</summary>
internal static class SettingsEndpoints
{
    public static IEndpointRouteBuilder MapSettings(this IEndpointRouteBuilder routes)
    {
        var catalogue = routes.ServiceProvider.GetRequiredService<SettingsCatalogue>();
        var stored = routes.ServiceProvider.GetRequiredService<StoredSettings>();
        var live = routes.ServiceProvider.GetRequiredService<LiveSettings>();
        var settings = routes.MapGroup("/api/settings").RequireAuthorization(AccessPolicies.Admin);
        settings.MapGet("/", Reply);
        settings.MapPut("/", async (HttpContext context, CancellationToken cancellationToken) =>
        {
            var body = await context.Request.ReadJsonAsync(cancellationToken);
            var changes = SettingsChange.Parse(body, catalogue, stored.Current);
            if (changes.Count > 0)
            {
                await stored.ChangeAsync(changes, Caller.Of(context).Name ?? "", cancellationToken);
            }

            return Reply(context);
        });
        settings.MapProviderTrials();
        settings.MapProviderKeys(catalogue, stored, live, Reply);
        settings.MapImport();
        return routes;

        IResult Reply(HttpContext context)
        {
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.Json(SettingsReply.Of(catalogue, stored.Current, live), SettingsJsonContext.Default.SettingsReply);
        }
    }
}
