using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;

namespace FreeGpt4.LlmApi.Users.OlderContract;

/// <summary>A form for name and password, without script, which no other page can have in a frame.</summary>
internal static class LoginPage
{
    private const string Policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    public static Task WriteAsync(HttpContext context, string? message)
    {
        var token = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        var (response, html) = (context.Response, HtmlEncoder.Default);
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.ContentType = "text/html; charset=utf-8";
        var body = Encoding.UTF8.GetBytes($"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>FreeGpt4: log in</title></head>
            <body>
            <h1>Log in</h1>
            <p role="alert">{html.Encode(message ?? "")}</p>
            <form method="post" action="/login">
            <input type="hidden" name="{html.Encode(token.FormFieldName)}" value="{html.Encode(token.RequestToken!)}">
            <p><label>Name <input name="username" autocomplete="username" required autofocus></label></p>
            <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
            <p><button>Log in</button></p>
            </form>
            </body>
            </html>

            """);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
