using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;

namespace FreeGpt4.LlmApi.Users.Accounts;

/// <summary>What is to become of a user. What it does not name stays as it is.</summary>
internal sealed class UserChange
{
    public const int LongestModel = 256;
    public const int LongestPrompt = 10_000;

    private readonly List<Action<User>> _changes = [];

    public string? Name { get; private set; }

    public string? Password { get; private set; }

    public bool? IsDisabled { get; private set; }

    public Role? Role { get; private set; }

    /// <summary>Members that every user may change for themselves.</summary>
    /// <param name="isProvider">Whether there is a provider of that name.</param>
    /// <exception cref="InvalidRequestException">A member is wrong, or not among those.</exception>
    public static UserChange OfOwn(JsonElement body, Func<string, bool> isProvider) => Read(body, isProvider, byAdmin: false);

    /// <summary>All members.</summary>
    /// <inheritdoc cref="OfOwn"/>
    public static UserChange OfAny(JsonElement body, Func<string, bool> isProvider) => Read(body, isProvider, byAdmin: true);

    public void SetPassword(string password) => Password = password;

    public void SetProvider(string? name, Func<string, bool> isProvider)
    {
        var provider = string.IsNullOrWhiteSpace(name) || ModelCatalog.ModelAliases.IsAuto(name) ? null : name.Trim();
        if (provider is not null && !isProvider(provider))
        {
            throw new InvalidRequestException($"There is no provider '{provider}'; /status has those there are.", "provider", "provider_not_found");
        }

        _changes.Add(user => user.Provider = provider);
    }

    public void SetModel(string? model)
    {
        var name = string.IsNullOrWhiteSpace(model) ? null : model.Trim();
        if (name?.Length > LongestModel || name?.Any(char.IsControl) is true)
        {
            throw new InvalidRequestException($"'model' has at most {LongestModel} characters, none of them a control character.", "model");
        }

        _changes.Add(user => user.Model = name);
    }

    public void SetSystemPrompt(string? text)
    {
        var prompt = string.IsNullOrWhiteSpace(text) ? null : text.Trim();
        if (prompt?.Length > LongestPrompt)
        {
            throw new InvalidRequestException($"'systemPrompt' has {prompt.Length} characters; {LongestPrompt} are allowed.", "systemPrompt");
        }

        if (prompt is not null && !StoredText.IsAllowed(prompt))
        {
            throw new InvalidRequestException($"'systemPrompt' {StoredText.Refused}.", "systemPrompt");
        }

        _changes.Add(user => user.SystemPrompt = prompt);
    }

    public void SetHistory(bool? history) => _changes.Add(user => user.History = history);

    /// <param name="passwordHash">Of <see cref="Password"/>.</param>
    public void ApplyTo(User user, string? passwordHash)
    {
        (user.Name, user.Key) = Name is null ? (user.Name, user.Key) : (Name, UserNames.KeyOf(Name));
        user.Role = Role ?? user.Role;
        if (passwordHash is not null || (IsDisabled is true && !user.IsDisabled))
        {
            user.PasswordHash = passwordHash ?? user.PasswordHash;
            user.SecurityStamp = Guid.NewGuid();
        }

        user.IsDisabled = IsDisabled ?? user.IsDisabled;
        foreach (var change in _changes)
        {
            change(user);
        }
    }

    private static UserChange Read(JsonElement body, Func<string, bool> isProvider, bool byAdmin)
    {
        var change = new UserChange();
        foreach (var member in body.EnumerateObject())
        {
            var (name, value) = (member.Name, member.Value);
            switch (name)
            {
                case "provider":
                    change.SetProvider(value.TextOrNull(name), isProvider);
                    break;
                case "model":
                    change.SetModel(value.TextOrNull(name));
                    break;
                case "systemPrompt":
                    change.SetSystemPrompt(value.TextOrNull(name));
                    break;
                case "history":
                    change.SetHistory(value.FlagOrNull(name));
                    break;
                default:
                    if (!byAdmin || !change.TrySetByAdmin(name, value))
                    {
                        throw new InvalidRequestException($"'{name}' cannot be changed here.", name, "unknown_member");
                    }

                    break;
            }
        }

        return change;
    }

    private bool TrySetByAdmin(string name, JsonElement value)
    {
        switch (name)
        {
            case "name":
                Name = value.Text(name);
                if (!UserNames.IsAllowed(Name))
                {
                    throw new InvalidRequestException($"'name' has {UserNames.Allowed}.", name);
                }

                return true;
            case "password":
                Password = value.Text(name);
                return true;
            case "role":
                Role = value.Text(name) switch
                {
                    "admin" => Users.Role.Admin,
                    "user" => Users.Role.User,
                    _ => throw new InvalidRequestException("'role' is \"admin\" or \"user\".", name),
                };
                return true;
            case "disabled":
                IsDisabled = value.FlagOrNull(name) ?? false;
                return true;
            case "dailyRequests":
                var requests = value.CountOrNull(name, int.MaxValue);
                _changes.Add(user => user.DailyRequests = (int?)requests);
                return true;
            case "dailyTokens":
                var tokens = value.CountOrNull(name, long.MaxValue);
                _changes.Add(user => user.DailyTokens = tokens);
                return true;
            default:
                return false;
        }
    }
}
