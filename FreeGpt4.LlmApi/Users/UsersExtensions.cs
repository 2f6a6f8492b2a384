using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.LlmApi.Users.Accounts;
using FreeGpt4.LlmApi.Users.Import;
using FreeGpt4.LlmApi.Users.Login;
using FreeGpt4.LlmApi.Users.OlderContract;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Authentication;

namespace FreeGpt4.LlmApi.Users;

internal static class UsersExtensions
{
    /// <summary>Users, tokens, logins and private mode. Call it after the state was added.</summary>
    public static IServiceCollection AddUsers(this IServiceCollection services, SettingsReader settings, LiveSettings live)
    {
        services
            .AddSingleton(live.Add(settings, AccessOptions.Read))
            .AddSingleton(FirstPassword.Read(settings))
            .AddSingleton<ClusterTurn>()
            .AddSingleton<UserDirectory>()
            .AddSingleton<Passwords>()
            .AddSingleton<PasswordFiles>()
            .AddSingleton<Logins>()
            .AddSingleton<UserAccounts>()
            .AddSingleton<TokenAccounts>()
            .AddSingleton<AccessRules>()
            .AddSingleton<LastUses>()
            .AddSingleton<OlderImport>()
            .AddHostedService<FirstStart>()
            .AddHostedService<ForgottenFiles>()
            .AddHostedService(provided => provided.GetRequiredService<LastUses>());

        services.AddAuthentication(CallerHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, CallerHandler>(CallerHandler.SchemeName, configureOptions: null)
            .AddCookie(Sessions.Scheme, Sessions.Configure);
        services.AddAuthorizationBuilder()
            .AddPolicy(AccessPolicies.Admin, policy => policy.RequireRole(nameof(Role.Admin)))
            .AddPolicy(AccessPolicies.User, policy => policy.RequireAuthenticatedUser());
        services.AddAntiforgery(forgery =>
        {
            forgery.HeaderName = "x-antiforgery-token";
            forgery.FormFieldName = "antiforgery_token";
            forgery.Cookie.Name = "freegpt4-antiforgery";
            forgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });

        // "caller was challenged" says nothing that the status does not.
        services.AddLogging(logging => logging.AddFilter(typeof(CallerHandler).FullName, LogLevel.Warning));
        return services;
    }

    /// <summary>Finds out who asks, and whether they may. After routing, before the endpoints.</summary>
    public static IApplicationBuilder UseUsers(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        services.GetRequiredService<ChangeFeed>().Listen(UserDirectory.Topic, services.GetRequiredService<UserDirectory>().ReadAsync);
        return app
            .UseGuardedPaths()
            .UseAuthentication()
            .UseMiddleware<AccessRules>()
            .UseAuthorization();
    }

    public static IEndpointRouteBuilder MapAccounts(this IEndpointRouteBuilder routes) => routes
        .MapLogins()
        .MapUsers()
        .MapPages()
        .MapSave();
}
