using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.State.Backups;
using FreeGpt4.LlmApi.Users.Accounts;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users.Import;

/// <summary>
/// Takes settings, virtual users and their histories over from <c>settings.db</c> of the older FreeGPT4, all in one transaction, and tells
/// of every field what became of it. What is here already stays as it is: running it again does no harm.
/// </summary>
internal sealed class OlderImport(StateStore store, ConversationStore conversations, ProviderRegistry providers, TimeProvider time)
{
    private const string By = "import";
    private const string Here = "it is here already";

    // The name of the user who has the token that everybody shared.
    private const string Everybody = "shared-token";

    private const int ShortestToken = 16;
    private const int LongestToken = 512;

    /// <exception cref="BackupException">It cannot be read; nothing was changed.</exception>
    /// <param name="name">What the file is called in messages; <c>null</c> for its path.</param>
    public async Task<ImportReport> RunAsync(string file, string? name, CancellationToken cancellationToken)
    {
        name ??= Path.GetFullPath(file);
        using var older = OlderDatabase.Open(file, name);
        List<OlderRow> settings, personal;
        IReadOnlyList<string> tables;
        try
        {
            (settings, personal, tables) = ([.. older.Rows("settings")], [.. older.Rows("personal")], older.Tables());
        }
        catch (Exception e) when (e is Microsoft.Data.Sqlite.SqliteException or InvalidOperationException or InvalidCastException)
        {
            throw new BackupException($"{name} cannot be read: {e.Message}");
        }

        return await store.WriteAsync(
            StoredSettings.Topic,
            async context =>
            {
                var found = new ImportReport();
                foreach (var (index, row) in settings.Index())
                {
                    await TakeSettingsAsync(context, row, settings.Count > 1 ? $"settings {index + 1}" : "settings", index > 0, found, cancellationToken);
                }

                foreach (var (index, row) in personal.Index())
                {
                    await TakeUserAsync(context, row, index, found, cancellationToken);
                }

                foreach (var table in tables.Except(["settings", "personal"]))
                {
                    found.Left($"table {table}", "FreeGPT4 had no such table");
                }

                await context.SaveChangesAsync(cancellationToken);
                await store.TellAsync(context.Database, UserDirectory.Topic, cancellationToken);
                return found;
            },
            cancellationToken);
    }

    private async Task TakeSettingsAsync(
        StateContext context, OlderRow row, string place, bool isFurther, ImportReport report, CancellationToken cancellationToken)
    {
        foreach (var column in row.Columns)
        {
            var (what, value) = ($"{place}.{column}", row[column]?.Trim());
            if (row.ProblemOf(column) is { } problem)
            {
                report.Left(what, problem);
            }
            else if (isFurther)
            {
                report.Left(what, "the first row counts");
            }
            else if (column.ToLowerInvariant() is "token")
            {
                await TakeSharedTokenAsync(context, value, what, report, cancellationToken);
            }
            else if (OlderSettings.Find(column, value, providers.Current.IsName) is not { } setting)
            {
                report.Left(what, OlderSettings.WhyNot(column, value));
            }
            else if (await context.Settings.FindAsync([setting.Name], cancellationToken) is not null)
            {
                report.Left(what, $"{setting.Name} is stored here already");
            }
            else
            {
                context.Settings.Add(new() { Name = setting.Name, Value = setting.Value, ChangedAt = time.GetUtcNow(), ChangedBy = By });
                report.Took($"{what} as the setting {setting.Name}");
            }
        }
    }

    // Programs go on showing it. It is nobody's in particular, and so no administrator's.
    private async Task TakeSharedTokenAsync(StateContext context, string? token, string what, ImportReport report, CancellationToken cancellationToken)
    {
        if (WhyNoToken(token) is { } why)
        {
            report.Left(what, why);
        }
        else if (await TakeUserAsync(context, Everybody, null, what, report, cancellationToken) is { } user)
        {
            await TakeTokenAsync(context, user, token!, what, report, cancellationToken);
        }
    }

    private async Task TakeUserAsync(StateContext context, OlderRow row, int index, ImportReport report, CancellationToken cancellationToken)
    {
        var name = row["username"]?.Trim() ?? "";
        var place = UserNames.IsAllowed(name) ? $"personal '{name}'" : $"personal {index + 1}";
        foreach (var column in row.Columns.Where(column => row.ProblemOf(column) is not null))
        {
            report.Left($"{place}.{column}", row.ProblemOf(column)!);
        }

        if (!UserNames.IsAllowed(name) || UserNames.KeyOf(name) is UserNames.Admin)
        {
            report.Left(place, "its name is missing, taken by the administrator, or not of " + UserNames.Allowed + "; nothing of it was taken");
            return;
        }

        if (await TakeUserAsync(context, name, row, place, report, cancellationToken) is not { } user)
        {
            return;
        }

        foreach (var column in row.Columns.Where(column => row.ProblemOf(column) is null))
        {
            var what = $"{place}.{column}";
            switch (column.ToLowerInvariant())
            {
                case "username" or "provider" or "model" or "system_prompt" or "message_history":
                    // With the user.
                    break;
                case "token" when WhyNoToken(row[column]?.Trim()) is { } why:
                    report.Left(what, why);
                    break;
                case "token":
                    await TakeTokenAsync(context, user, row[column]!.Trim(), what, report, cancellationToken);
                    break;
                case "chat_history":
                    await TakeHistoryAsync(context, user, row[column], what, report, cancellationToken);
                    break;
                case "password" when string.IsNullOrEmpty(row[column]):
                    report.Left(what, "it is empty");
                    break;
                case "password":
                    report.Left(what, "a new user's was the user's name there; an administrator sets a new one here. The token works as before");
                    break;
                default:
                    report.Left(what, "FreeGPT4 had no such field");
                    break;
            }
        }
    }

    /// <returns><c>null</c> when somebody else has that name.</returns>
    private async Task<User?> TakeUserAsync(
        StateContext context, string name, OlderRow? row, string place, ImportReport report, CancellationToken cancellationToken)
    {
        var key = UserNames.KeyOf(name);
        var id = OlderHistory.IdOf("user", key);
        var user = context.Users.Local.FirstOrDefault(one => one.Key == key) ?? await context.Users.FirstOrDefaultAsync(one => one.Key == key, cancellationToken);
        if (user is not null)
        {
            report.Left(place, user.Id == id ? Here : "there is a user of that name, who was not imported; nothing of it was taken");
            return user.Id == id ? user : null;
        }

        user = new() { Id = id, Name = name, Key = key, Role = Role.User, CreatedAt = time.GetUtcNow() };
        context.Users.Add(user);
        report.Took($"{place} as the user {name}");
        foreach (var column in row?.Columns.Where(column => row.ProblemOf(column) is null) ?? [])
        {
            var (what, value) = ($"{place}.{column}", row![column]?.Trim());
            if (column.ToLowerInvariant() is not ("provider" or "model" or "system_prompt" or "message_history"))
            {
                continue;
            }

            if (OlderSettings.Find(column, value, providers.Current.IsName) is not { } setting)
            {
                report.Left(what, OlderSettings.WhyNot(column, value));
                continue;
            }

            if (setting.Name is "SYSTEM_PROMPT" && setting.Value.Length > UserChange.LongestPrompt)
            {
                report.Left(what, $"it has {setting.Value.Length} characters; {UserChange.LongestPrompt} are allowed");
                continue;
            }

            (user.Provider, user.Model, user.SystemPrompt, user.History) = setting.Name switch
            {
                "PROVIDER" => (setting.Value, user.Model, user.SystemPrompt, user.History),
                "MODEL" => (user.Provider, setting.Value, user.SystemPrompt, user.History),
                "SYSTEM_PROMPT" => (user.Provider, user.Model, setting.Value, user.History),
                _ => (user.Provider, user.Model, user.SystemPrompt, setting.Value is "true"),
            };
            report.Took(what);
        }

        return user;
    }

    private async Task TakeTokenAsync(StateContext context, User user, string token, string what, ImportReport report, CancellationToken cancellationToken)
    {
        var hash = TokenText.HashOf(token);
        var known = context.AccessTokens.Local.FirstOrDefault(one => one.Hash.AsSpan().SequenceEqual(hash))
            ?? await context.AccessTokens.FirstOrDefaultAsync(one => one.Hash == hash, cancellationToken);
        if (known is not null)
        {
            report.Left(what, known.UserId == user.Id ? Here : "another user has it");
            return;
        }

        context.AccessTokens.Add(new()
        {
            UserId = user.Id,
            Hash = hash,
            Hint = TokenText.HintOf(token),
            Name = "from the older FreeGPT4",
            CreatedAt = time.GetUtcNow(),
        });
        report.Took($"{what} as a token of {user.Name}");
    }

    private async Task TakeHistoryAsync(StateContext context, User user, string? text, string what, ImportReport report, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Trim() is "[]")
        {
            report.Left(what, "it is empty");
            return;
        }

        if (OlderHistory.Read(text, what, report) is not { } messages)
        {
            return;
        }

        foreach (var (index, part) in OlderHistory.Split(messages).Index())
        {
            var id = OlderHistory.IdOf("history", [user.Key, text, $"{index}"]);
            if (await context.Conversations.FindAsync([id], cancellationToken) is not null)
            {
                report.Left(what, Here);
                continue;
            }

            var now = time.GetUtcNow();
            var conversation = new Conversation
            {
                Id = id,
                Owner = ConversationOwner.OfUser(user.Id),
                Title = "From the older FreeGPT4",
                CreatedAt = now,
                UpdatedAt = now,
            };
            conversations.Append(context, conversation, part);
            context.Conversations.Add(conversation);
            report.Took($"{what}: {part.Count} messages as a conversation of {user.Name}");
        }
    }

    private static string? WhyNoToken(string? token) => token switch
    {
        null or "" => "it is empty",
        { Length: < ShortestToken or > LongestToken } => $"a token of {token.Length} characters is not safe; from {ShortestToken} to {LongestToken} are taken",
        _ => token.All(c => c is > ' ' and <= '~') ? null : "it has characters that cannot be in a header",
    };
}
