using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.LlmApi.Users.Login;
using Microsoft.AspNetCore.Antiforgery;

namespace FreeGpt4.LlmApi.Users.OlderContract;

/// <summary>A form of the older contract, and who sent it: by name and password among its fields, or by session or token.</summary>
internal sealed class OlderForm(IFormCollection form)
{
    /// <exception cref="InvalidRequestException">No form.</exception>
    public static async Task<OlderForm> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasFormContentType)
        {
            throw new InvalidRequestException(
                "Send a form.", code: "unsupported_media_type", status: StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            return new(await request.ReadFormAsync(cancellationToken));
        }
        catch (InvalidDataException)
        {
            throw new InvalidRequestException("The body is not a valid form.");
        }
    }

    public string? this[string name] => form.TryGetValue(name, out var values) ? values[^1] : null;

    public IEnumerable<string> Names => form.Keys;

    /// <param name="name">Whose password it is, where the form does not say.</param>
    /// <exception cref="InvalidRequestException">They have not proved who they are, or another site made their browser send it.</exception>
    public async Task<Caller> SenderAsync(HttpContext context, string? name)
    {
        var services = context.RequestServices;
        if (this["password"] is { Length: > 0 } password && (this["username"] ?? name) is { } username)
        {
            return (await services.GetRequiredService<Logins>().TryAsync(username, password, context.RequestAborted)).User.Caller;
        }

        var caller = Caller.Of(context);
        if (caller.Id is null)
        {
            throw new InvalidRequestException(
                "Log in at /login, or send username and password.", code: "invalid_credentials", status: StatusCodes.Status401Unauthorized);
        }

        return context.User.Identity?.AuthenticationType is not KnownUser.BySession
            || await services.GetRequiredService<IAntiforgery>().IsGenuineAsync(context)
                ? caller
                : throw new InvalidRequestException(
                    "The form is too old, or from another site. Load it again.", code: "antiforgery_failed");
    }

    /// <summary><c>new_password</c>, once it is there twice.</summary>
    /// <exception cref="InvalidRequestException"/>
    public string? NewPassword()
    {
        var password = this["new_password"] is { Length: > 0 } given ? given : null;
        return password is null || password == this["confirm_password"]
            ? password
            : throw new InvalidRequestException("The two new passwords differ.", "confirm_password");
    }
}
