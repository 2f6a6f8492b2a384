using FreeGpt4.LlmApi.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A request says in a header who sends it, and is believed; everything is allowed.</summary>
internal sealed class CallerHeader : IStartupFilter
{
    public const string Name = "x-test-caller";

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<IStartupFilter, CallerHeader>();
        services.AddAuthorizationBuilder()
            .AddPolicy(AccessPolicies.Admin, policy => policy.RequireAssertion(_ => true))
            .AddPolicy(AccessPolicies.User, policy => policy.RequireAssertion(_ => true));
    }

    /// <param name="id"><see cref="Guid.Empty"/> for an admin.</param>
    public static void Set(HttpClient client, Guid id) => client.DefaultRequestHeaders.Add(Name, id.ToString());

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            if (Guid.TryParse(context.Request.Headers[Name], out var id))
            {
                context.Features.Set(new Caller(id, $"user-{id.ToString()[..4]}", id == Guid.Empty ? Role.Admin : Role.User));
            }

            return following(context);
        });
        next(app);
    };
}
