using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Pages;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.LlmApi.Users.Login;
using Microsoft.AspNetCore.Antiforgery;

namespace FreeGpt4.LlmApi.Users.OlderContract;

/// <summary>The pages of the older contract: to log in, and the settings; programs, which do not ask for HTML, are told where those are.</summary>
internal static class PageEndpoints
{
    public static IEndpointRouteBuilder MapPages(this IEndpointRouteBuilder routes)
    {
        var login = routes.ServiceProvider.GetRequiredService<LoginPage>();
        var settings = routes.ServiceProvider.OpenPage("settings.html");
        var pages = routes.MapGroup("").WithMetadata(new PlainTextErrorFormat()).WithSmallBodies().DisableAntiforgery();
        pages.MapGet("/login", context => login.WriteAsync(context, problem: null, context.Request.Query["next"]));
        pages.MapPost("/login", LogInAsync);
        pages.MapGet("/settings", async context =>
        {
            if (Caller.Of(context).Id is null)
            {
                context.Response.Redirect("/login");
                return;
            }

            if (context.Request.WantsPage())
            {
                await settings.WriteAsync(context);
                return;
            }

            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(
                $"You are {Caller.Of(context).Name}. Settings, users and tokens are at /api; /docs describes it.\n", context.RequestAborted);
        });

        // The older page posted name and password to it.
        pages.MapPost("/settings", LogInAsync);
        return routes;
    }

    private static async Task LogInAsync(HttpContext context)
    {
        var form = await OlderForm.ReadAsync(context.Request, context.RequestAborted);

        // Else another site could log somebody in as somebody else.
        if (!await context.RequestServices.GetRequiredService<IAntiforgery>().IsGenuineAsync(context))
        {
            await SayAsync(context, StatusCodes.Status400BadRequest, new("login.stale"), form);
            return;
        }

        try
        {
            var logins = context.RequestServices.GetRequiredService<Logins>();
            var (user, stamp) = await logins.TryAsync(form["username"] ?? "", form["password"] ?? "", context.RequestAborted);
            await Sessions.BeginAsync(context, user, stamp);
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = LoginPage.NextOf(form["next"]);
        }
        catch (InvalidRequestException e)
        {
            await SayAsync(context, e.Status, new("login.wrong"), form);
        }
        catch (TooManyLoginsException e)
        {
            var seconds = $"{(int)Math.Ceiling(e.Wait.TotalSeconds)}";
            context.Response.Headers.RetryAfter = seconds;
            await SayAsync(context, StatusCodes.Status429TooManyRequests, new("login.wait", seconds), form);
        }
    }

    private static Task SayAsync(HttpContext context, int status, LoginProblem problem, OlderForm form)
    {
        context.Response.StatusCode = status;
        return context.RequestServices.GetRequiredService<LoginPage>().WriteAsync(context, problem, form["next"], form["username"]);
    }
}
