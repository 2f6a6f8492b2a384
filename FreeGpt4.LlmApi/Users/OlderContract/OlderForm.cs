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
    public async Task<Sender> SenderAsync(HttpContext context, string? name)
    {
        var services = context.RequestServices;
        if (this["password"] is { Length: > 0 } password && (this["username"] ?? name) is { } username)
        {
            return new((await services.GetRequiredService<Logins>().TryAsync(username, password, context.RequestAborted)).User.Caller, KnowsPassword: true);
        }

        var caller = Caller.Of(context);
        if (caller.Id is null)
        {
            throw new InvalidRequestException(
                "Log in at /login, or send username and password.", code: "invalid_credentials", status: StatusCodes.Status401Unauthorized);
        }

        return context.User.Identity?.AuthenticationType is not KnownUser.BySession
            || await services.GetRequiredService<IAntiforgery>().IsGenuineAsync(context)
                ? new(caller, KnowsPassword: false)
                : throw new InvalidRequestException(
                    "The form is too old, or from another site. Load it again.", code: "antiforgery_failed");
    }

    /// <summary><c>new_password</c>, once it is there twice.</summary>
    /// <param name="user">Whose it is to be.</param>
    /// <exception cref="InvalidRequestException">They differ, or the sender does not know the password that is to go.</exception>
    public string? NewPassword(Sender sender, Guid? user)
    {
        if (this["new_password"] is not { Length: > 0 } password)
        {
            return null;
        }

        if (password != this["confirm_password"])
        {
            throw new InvalidRequestException("The two new passwords differ.", "confirm_password");
        }

        // Whoever has found a token, or a browser that is logged in, does not know it.
        return sender.KnowsPassword || user != sender.Caller.Id
            ? password
            : throw new InvalidRequestException("A new password of your own needs the one that you have, too, as 'password'.", "password");
    }

    /// <param name="KnowsPassword">It was among the fields, and right.</param>
    public sealed record Sender(Caller Caller, bool KnowsPassword);
}
