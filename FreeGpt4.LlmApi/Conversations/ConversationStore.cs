using System.Globalization;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>The conversations of one owner at a time: what is somebody else's is not there.</summary>
internal sealed class ConversationStore(StateStore store, StateOptions options, BrowserSpace browsers, TimeProvider time)
{
    private const string Untitled = "New conversation";

    // For all who change the same one at the same time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="cursor">Where the page before ended.</param>
    public async Task<ConversationPage> ListAsync(string owner, string? search, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var after = cursor is null ? default : ParseCursor(cursor);
        var found = await AnsweredAsync(() => store.ReadAsync(
            context =>
            {
                var wanted = context.Conversations.AsNoTracking().Where(one => one.Owner == owner);
                if (search is not null)
                {
                    var matching = Find(context, owner, search);
                    wanted = wanted.Where(one => matching.Contains(one.Id));
                }

                if (cursor is not null)
                {
                    wanted = wanted.Where(one => one.UpdatedAt < after.At || (one.UpdatedAt == after.At && one.Id.CompareTo(after.Id) < 0));
                }

                return wanted.OrderByDescending(one => one.UpdatedAt).ThenByDescending(one => one.Id).Take(limit + 1)
                    .Select(one => new ConversationSummary(one.Id, one.Title, one.Model, one.MessageCount, one.Size, one.CreatedAt, one.UpdatedAt))
                    .ToListAsync(cancellationToken);
            },
            cancellationToken));
        var page = found.Take(limit).ToList();
        return new(
            page,
            found.Count > limit ? $"{page[^1].UpdatedAt.ToUnixTimeMilliseconds()}_{page[^1].Id:N}" : null,
            ConversationOwner.MarkOf(owner));
    }

    /// <exception cref="InvalidRequestException">There is none.</exception>
    public Task<Conversation> ReadAsync(string owner, Guid id, CancellationToken cancellationToken) => AnsweredAsync(() => store.ReadAsync(
        async context => await context.Conversations.AsNoTracking().Include(one => one.Messages)
            .FirstOrDefaultAsync(one => one.Id == id && one.Owner == owner, cancellationToken) ?? throw Missing(id),
        cancellationToken));

    /// <summary>From the oldest to the newest.</summary>
    public Task<List<Guid>> IdsAsync(string owner, CancellationToken cancellationToken) => AnsweredAsync(() => store.ReadAsync(
        context => context.Conversations.Where(one => one.Owner == owner).OrderBy(one => one.CreatedAt).Select(one => one.Id).ToListAsync(cancellationToken),
        cancellationToken));

    public Task<Conversation> CreateAsync(string owner, ConversationInput input, CancellationToken cancellationToken) => AnsweredAsync(async () =>
    {
        CheckPrompt(owner, input);
        await browsers.TakeAsync(owner, 1, input.Messages, cancellationToken);
        return await store.WriteAsync(topic: null, context => CreateAsync(context, owner, input, cancellationToken), cancellationToken);
    });

    public Task<Conversation> ChangeAsync(string owner, Guid id, ConversationInput input, CancellationToken cancellationToken) => WriteAsync(
        owner,
        id,
        (_, conversation) =>
        {
            CheckPrompt(owner, input);
            conversation.Title = input.Has("title") ? input.Title ?? Untitled : conversation.Title;
            conversation.Model = input.Has("model") ? input.Model : conversation.Model;
            conversation.SystemPrompt = input.Has("systemPrompt") ? input.SystemPrompt : conversation.SystemPrompt;
            conversation.Parameters = input.Has("parameters") ? input.Parameters : conversation.Parameters;
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <returns>The conversation with the new messages only.</returns>
    public Task<Conversation> AppendAsync(string owner, Guid id, ConversationInput input, CancellationToken cancellationToken) => WriteAsync(
        owner,
        id,
        async (context, conversation) =>
        {
            CheckCount(conversation, input.Position, "position");

            await browsers.TakeAsync(owner, 0, input.Messages, cancellationToken);
            Append(context, conversation, input.Messages);
        },
        cancellationToken);

    /// <summary>Everything from a position on gives way to what is sent.</summary>
    /// <inheritdoc cref="AppendAsync"/>
    public Task<Conversation> ReplaceFromAsync(string owner, Guid id, int position, ConversationInput input, CancellationToken cancellationToken) => WriteAsync(
        owner,
        id,
        async (context, conversation) =>
        {
            CheckCount(conversation, input.Count, "count");
            if (position < 0 || position > conversation.MessageCount)
            {
                throw new InvalidRequestException(
                    $"The conversation has {conversation.MessageCount} messages; there is no position {position}.", "position", "no_such_position");
            }

            await context.Messages.Where(message => message.ConversationId == id && message.Position >= position).ExecuteDeleteAsync(cancellationToken);
            conversation.MessageCount = position;
            conversation.Size = await SizeAsync(context, id, cancellationToken);
            await browsers.TakeAsync(owner, 0, input.Messages, cancellationToken);
            Append(context, conversation, input.Messages);
        },
        cancellationToken);

    public async Task DeleteAsync(string owner, Guid id, CancellationToken cancellationToken)
    {
        if (await DeleteAsync(owner, one => one.Where(conversation => conversation.Id == id), cancellationToken) == 0)
        {
            throw Missing(id);
        }
    }

    /// <returns>How many there were.</returns>
    public Task<int> DeleteAllAsync(string owner, CancellationToken cancellationToken) => DeleteAsync(owner, all => all, cancellationToken);

    /// <summary>Adds messages at the end; the caller's transaction knows where that is.</summary>
    /// <exception cref="InvalidRequestException">Too many, or too large together.</exception>
    public void Append(StateContext context, Conversation conversation, IReadOnlyList<NewMessage> messages)
    {
        var now = time.GetUtcNow();
        foreach (var message in messages)
        {
            var added = new ConversationMessage
            {
                ConversationId = conversation.Id,
                Position = conversation.MessageCount++,
                Role = message.Role,
                Content = message.Content,
                Details = message.Details,
                CreatedAt = now,
            };
            conversation.Size += message.Size;
            conversation.Messages.Add(added);
            context.Messages.Add(added);
        }

        var mostBytes = ConversationLimits.BytesOf(conversation.Owner);
        if (conversation.MessageCount > ConversationLimits.Messages || conversation.Size > mostBytes)
        {
            throw new InvalidRequestException(
                $"A conversation has at most {ConversationLimits.Messages} messages and {mostBytes} bytes. Begin another one.",
                "messages",
                "conversation_too_long",
                StatusCodes.Status413PayloadTooLarge);
        }
    }

    private async Task<Conversation> CreateAsync(StateContext context, string owner, ConversationInput input, CancellationToken cancellationToken)
    {
        var most = ConversationLimits.ConversationsOf(owner);
        if (await context.Conversations.CountAsync(one => one.Owner == owner, cancellationToken) >= most)
        {
            throw new InvalidRequestException(
                $"There are {most} conversations, as many as are kept. Delete some.", code: "too_many_conversations", status: StatusCodes.Status409Conflict);
        }

        if (input.Id is { } id && await context.Conversations.AnyAsync(one => one.Id == id, cancellationToken))
        {
            throw new InvalidRequestException(
                $"There is a conversation {id} already. Change it, or choose another id.", "id", "conversation_exists", StatusCodes.Status409Conflict);
        }

        var now = time.GetUtcNow();
        var conversation = new Conversation
        {
            Id = input.Id ?? Guid.CreateVersion7(),
            Owner = owner,
            Title = input.Title ?? Untitled,
            Model = input.Model,
            SystemPrompt = input.SystemPrompt,
            Parameters = input.Parameters,
            CreatedAt = now,
            UpdatedAt = now,
        };
        Append(context, conversation, input.Messages);
        context.Conversations.Add(conversation);
        return conversation;
    }

    // Entity Framework knows characters only.
    private static Task<long> SizeAsync(StateContext context, Guid id, CancellationToken cancellationToken) => context.Database.SqlQuery<long>(
        $"""
        SELECT COALESCE(SUM(octet_length(content) + octet_length(COALESCE(details, ''))), 0) AS "Value" FROM messages WHERE conversation_id = {id}
        """).SingleAsync(cancellationToken);

    private static void CheckCount(Conversation conversation, int? expected, string member)
    {
        if (expected is { } count && count != conversation.MessageCount)
        {
            throw new InvalidRequestException(
                $"The conversation has {conversation.MessageCount} messages, not {count}: it was changed elsewhere. Read it again.",
                member,
                "conversation_changed",
                StatusCodes.Status409Conflict);
        }
    }

    private static void CheckPrompt(string owner, ConversationInput input)
    {
        if (!ConversationOwner.IsUser(owner) && input.SystemPrompt?.Length > ConversationLimits.SystemPromptOfBrowser)
        {
            throw new InvalidRequestException(
                $"'systemPrompt' has {input.SystemPrompt.Length} characters; {ConversationLimits.SystemPromptOfBrowser} are allowed to who has not logged in.",
                "systemPrompt",
                "too_long",
                StatusCodes.Status413PayloadTooLarge);
        }
    }

    // In turn: of many who append to one conversation at once, all but one would fail each time.
    private Task<Conversation> WriteAsync(
        string owner, Guid id, Func<StateContext, Conversation, Task> change, CancellationToken cancellationToken) => AnsweredAsync(() => store.WriteInTurnAsync(
        $"conversation {id:N}",
        topic: null,
        async (context, _) =>
        {
            if (options.Engine is Engine.Postgres)
            {
                // Against those who change it otherwise: what is read now stays until the end.
                await context.Database.ExecuteSqlAsync($"SELECT FROM conversations WHERE id = {id} FOR UPDATE", cancellationToken);
            }

            var conversation = await context.Conversations.FirstOrDefaultAsync(one => one.Id == id && one.Owner == owner, cancellationToken) ?? throw Missing(id);
            conversation.UpdatedAt = time.GetUtcNow();
            await change(context, conversation);
            return conversation;
        },
        Patience,
        cancellationToken));

    private Task<int> DeleteAsync(
        string owner, Func<IQueryable<Conversation>, IQueryable<Conversation>> which, CancellationToken cancellationToken) => AnsweredAsync(() => store.WriteAsync(
        topic: null,
        context => which(context.Conversations.Where(one => one.Owner == owner)).ExecuteDeleteAsync(cancellationToken),
        cancellationToken));

    // In titles and in what was said, whatever the case of the letters, but not in attached pictures: nearly any short word is in their base64.
    private IQueryable<Guid> Find(StateContext context, string owner, string search)
    {
        var stored = ConversationInput.Stored(search);
        if (options.Engine is Engine.Sqlite)
        {
            // SQLite's own LIKE knows upper and lower case of ASCII only.
            ((SqliteConnection)context.Database.GetDbConnection()).CreateFunction<string, string, bool>("has_text", StoredText.Has, isDeterministic: true);
            return context.Database.SqlQuery<Guid>(
                $"""
                SELECT id AS "Value" FROM conversations WHERE owner = {owner} AND has_text(title, {search})
                UNION SELECT conversation_id FROM messages JOIN conversations ON conversations.id = conversation_id WHERE owner = {owner} AND has_text(content, {stored})
                """);
        }

        var (title, content) = (Pattern(search), Pattern(stored));
        return context.Database.SqlQuery<Guid>(
            $"""
            SELECT id AS "Value" FROM conversations WHERE owner = {owner} AND (title COLLATE "und-x-icu") ILIKE {title}
            UNION SELECT conversation_id FROM messages JOIN conversations ON conversations.id = conversation_id
            WHERE owner = {owner} AND (regexp_replace(content, '(?<!\\)"data:[^"]*"', '""', 'g') COLLATE "und-x-icu") ILIKE {content}
            """);
    }

    private static string Pattern(string text) => $"%{text.Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_")}%";

    private static (DateTimeOffset At, Guid Id) ParseCursor(string cursor)
    {
        var parts = cursor.Split('_');
        return parts is [var at, var id]
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 253402300799999
            && Guid.TryParseExact(id, "N", out var guid)
            ? (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), guid)
            : throw new InvalidRequestException("'cursor' must be the nextCursor of another page.", "cursor");
    }

    private static InvalidRequestException Missing(Guid id) =>
        new($"There is no conversation {id}.", code: "conversation_not_found", status: StatusCodes.Status404NotFound);

    private static async Task<T> AnsweredAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
        {
            throw new StateUnavailableException("The database that conversations are kept in does not answer; try again in a moment.", e);
        }
    }
}
