using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.Listening;

internal static class TlsRedirectExtensions
{
    private const int HttpsPort = 443;

    /// <summary>With <c>TLS_REDIRECT</c>: sends whoever comes without TLS to the port that has it. Probes are answered all the same.</summary>
    public static void UseTlsRedirect(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value is not { RedirectsToTls: true, TlsPort: var port })
        {
            return;
        }

        app.Use((context, next) =>
        {
            var request = context.Request;
            if (request.IsHttps || request.Path.Value is "/health" or "/alive")
            {
                return next(context);
            }

            if (!request.Host.HasValue)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return Task.CompletedTask;
            }

            var host = port == HttpsPort ? new HostString(request.Host.Host) : new HostString(request.Host.Host, port);
            context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
            context.Response.Headers.Location = $"https://{host.ToUriComponent()}{request.GetEncodedPathAndQuery()}";
            return Task.CompletedTask;
        });
    }
}
