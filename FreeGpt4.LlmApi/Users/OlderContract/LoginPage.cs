using System.Text;
using FreeGpt4.LlmApi.Pages;
using FreeGpt4.LlmApi.Pages.Assets;
using Microsoft.AspNetCore.Antiforgery;

namespace FreeGpt4.LlmApi.Users.OlderContract;

/// <summary>A form for name and password, which works without script, and which no other page can have in a frame.</summary>
internal sealed class LoginPage(PageStrings strings, AssetFolder assets, IAntiforgery antiforgery)
{
    /// <summary>Where somebody goes on who does not say.</summary>
    public const string UsualNext = "/settings";

    // Nowhere else: who follows a link to this form must not end up on another site.
    private static readonly string[] Nexts = ["/", UsualNext, "/status"];

    private readonly Page _page = new("login.html", strings, assets);

    /// <param name="next">Where somebody wants to go on, if that is a page of ours.</param>
    public static string NextOf(string? next) => Nexts.FirstOrDefault(known => known == next) ?? UsualNext;

    /// <param name="username">What somebody has tried already: then the password is what is to be typed.</param>
    public Task WriteAsync(HttpContext context, LoginProblem? problem, string? next, string? username = null)
    {
        var isNameKnown = !string.IsNullOrEmpty(username);
        var look = PageLook.Of(context.Request);
        var token = antiforgery.GetAndStoreTokens(context);
        var response = context.Response;
        PageHeaders.Set(response);
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.ContentType = "text/html; charset=utf-8";
        var body = Encoding.UTF8.GetBytes(_page.Render(look, new Dictionary<string, string>
        {
            ["message"] = problem is null ? "" : strings.Find(look.Language, problem.Name).Replace("{seconds}", problem.Seconds, StringComparison.Ordinal),
            ["token"] = token.RequestToken!,
            ["field"] = token.FormFieldName,
            ["next"] = NextOf(next),
            ["username"] = username ?? "",
            ["focus.name"] = isNameKnown ? "" : "autofocus",
            ["focus.password"] = isNameKnown ? "autofocus" : "",
            ["invalid"] = problem is { Name: "login.wrong" } ? "true" : "false",
        }));
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}

/// <summary>Why nobody was logged in, in the words of the page.</summary>
/// <param name="Name">Of the string.</param>
/// <param name="Seconds">Until it is worth another try.</param>
internal sealed record LoginProblem(string Name, string? Seconds = null);
