using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.LlmApi.Users.Accounts;

namespace FreeGpt4.LlmApi.Users.OlderContract;

/// <summary>What programs of the older contract change: settings, a user's own, and tokens. A field that is not there changes nothing.</summary>
internal static class SaveEndpoints
{
    private static readonly Dictionary<string, string> Fields = new()
    {
        ["provider"] = "PROVIDER",
        ["model"] = "MODEL",
        ["keyword"] = "KEYWORD",
        ["system_prompt"] = "SYSTEM_PROMPT",
        ["remove_sources"] = "REMOVE_SOURCES",
        ["message_history"] = "HISTORY",
        ["private_mode"] = "PRIVATE_MODE",
    };

    private static readonly string[] Flags = ["remove_sources", "message_history", "private_mode"];

    public static IEndpointRouteBuilder MapSave(this IEndpointRouteBuilder routes)
    {
        var saves = routes.MapGroup("").WithMetadata(new PlainTextErrorFormat()).WithSmallBodies();
        saves.MapPost("/save", SaveSettingsAsync).DisableAntiforgery();
        saves.MapPost("/save/{username}", SaveUserAsync).DisableAntiforgery();
        saves.MapPost("/generatetoken", async (HttpContext context, TokenAccounts tokens) =>
        {
            var (token, _) = await tokens.CreateAsync(Caller.Of(context).Id!.Value, "generatetoken", context.RequestAborted);
            return TypedResults.Text(token);
        }).RequireAuthorization(AccessPolicies.User);

        // Browsers follow links, and load ahead what they may be asked for.
        saves.MapGet("/generatetoken", (HttpContext context) =>
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            return TypedResults.Text(
                "A token is made by POST /generatetoken with a login or a token of yours, or by POST /api/me/tokens.\n",
                statusCode: StatusCodes.Status405MethodNotAllowed);
        });
        return routes;
    }

    private static async Task<IResult> SaveSettingsAsync(HttpContext context, StoredSettings settings, UserAccounts accounts)
    {
        var form = await OlderForm.ReadAsync(context.Request, context.RequestAborted);
        var sender = await form.SenderAsync(context, Caller.Of(context).Name);
        if (sender.Caller.Role is not Role.Admin)
        {
            throw new InvalidRequestException("Invalid admin credentials", code: "admins_only", status: StatusCodes.Status403Forbidden);
        }

        var password = form.NewPassword(sender, sender.Caller.Id);
        if (password is not null)
        {
            Login.Passwords.Check(password, sender.Caller.Name!, "new_password");
        }

        var changes = Fields.Where(setting => form[setting.Key] is not null)
            .ToDictionary(setting => setting.Value, setting => Value(setting.Key, form[setting.Key]!));
        if (changes.Count > 0)
        {
            await settings.ChangeAsync(changes, sender.Caller.Name!, context.RequestAborted);
        }

        if (password is not null)
        {
            var change = new UserChange();
            change.SetPassword(password);
            await accounts.ChangeAsync(sender.Caller.Id!.Value, change, context.RequestAborted);
        }

        return TypedResults.Text("Settings saved and applied successfully!");
    }

    private static async Task<IResult> SaveUserAsync(string username, HttpContext context, UserAccounts accounts, UserDirectory users, ProviderRegistry providers)
    {
        var form = await OlderForm.ReadAsync(context.Request, context.RequestAborted);
        var sender = await form.SenderAsync(context, username);
        var user = users.FindByKey(UserNames.KeyOf(username));
        if (user is null || (user.Id != sender.Caller.Id && sender.Caller.Role is not Role.Admin))
        {
            // Not who is there and who is not.
            throw new InvalidRequestException("Invalid credentials", code: "invalid_credentials", status: StatusCodes.Status403Forbidden);
        }

        var change = new UserChange();
        if (form["provider"] is { } provider)
        {
            change.SetProvider(provider, providers.Current.IsName);
        }

        if (form["model"] is { } model)
        {
            change.SetModel(model);
        }

        if (form["system_prompt"] is { } prompt)
        {
            change.SetSystemPrompt(prompt);
        }

        if (form["message_history"] is { } history)
        {
            change.SetHistory(IsOn(history));
        }

        if (form.NewPassword(sender, user.Id) is { } password)
        {
            change.SetPassword(password);
        }

        await accounts.ChangeAsync(user.Id, change, context.RequestAborted);
        return TypedResults.Text("Settings saved successfully!");
    }

    /// <returns><c>null</c> for what goes back to its default.</returns>
    private static string? Value(string field, string value) => Flags.Contains(field) ? (IsOn(value) ? "true" : "false")
        : value.Trim() is not { Length: > 0 } text ? null
        : text.Any(c => char.IsControl(c) && !(field == "system_prompt" && c is '\n' or '\r' or '\t'))
            ? throw new InvalidRequestException($"'{field}' has control characters in it.", field)
            : text;

    private static bool IsOn(string value) => value.Equals("true", StringComparison.OrdinalIgnoreCase);
}
