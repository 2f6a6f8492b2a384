using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Conversations.History;

/// <summary>
/// The one conversation that the questions of <c>/?text=</c> continue, for a user with history; nobody else has one. An answer never
/// fails for it: without the database there is none, and what cannot be written in time is written later.
/// </summary>
internal sealed partial class TextHistory(
    Live<HistoryOptions> options, StateStore store, StateHealth health, ConversationStore conversations, TimeProvider time, ILogger<TextHistory> logger)
{
    private const string Title = "Questions in the address";

    // What goes along with a question.
    private const int MostMessages = 20;
    private const int MostCharacters = 24_000;

    // What is kept: when there are more, the older half goes.
    private const int MostKept = 200;
    private const int LongestKept = 256 << 10;

    private const int MostWaiting = 100;

    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(1);

    // After that the reply goes out all the same.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(1);

    private int _waiting;

    /// <returns>What was asked and answered before, the oldest first.</returns>
    public async Task<IReadOnlyList<ChatMessage>> ReadAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (OwnerOf(caller) is not { } id || health.IsLost)
        {
            return [];
        }

        try
        {
            var last = await Task.Run(() => store.ReadAsync(
                context => context.Messages.AsNoTracking().Where(message => message.ConversationId == ConversationOf(id))
                    .OrderByDescending(message => message.Position).Take(MostMessages).ToListAsync(cancellationToken),
                cancellationToken), cancellationToken).WaitAsync(LongestRead, time, cancellationToken);
            var messages = last.Select(message => new ChatMessage(message.Role, JsonSerializer.Deserialize(message.Content, OpenAIJsonContext.Default.String) ?? ""));
            var left = MostCharacters;
            return [.. messages.TakeWhile(message => (left -= message.Content.Length) >= 0).Reverse()];
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) || e is JsonException)
        {
            Log.NotRead(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
            return [];
        }
    }

    /// <summary>Keeps a question and its answer, so that the next question knows of them at whichever replica.</summary>
    public async Task AddAsync(Caller caller, string question, string answer)
    {
        if (OwnerOf(caller) is not { } id || question.Length + answer.Length > LongestKept)
        {
            return;
        }

        if (health.IsLost || Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Log.NotKept(logger, health.IsLost ? "the database is gone" : "too many wait");
            if (!health.IsLost)
            {
                Interlocked.Decrement(ref _waiting);
            }

            return;
        }

        var written = Task.Run(() => WriteAsync(id, question, answer));
        await written.WaitAsync(LongestWrite, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>It is known by its id, which follows from the user's.</summary>
    public static Guid ConversationOf(Guid user) => new(SHA256.HashData(Encoding.ASCII.GetBytes($"freegpt4 history {user:N}")).AsSpan(0, 16));

    private Guid? OwnerOf(Caller caller) => caller.History ?? options.Current.IsOn ? caller.Id : null;

    private async Task WriteAsync(Guid user, string question, string answer)
    {
        try
        {
            await store.WriteAsync(
                topic: null,
                async context =>
                {
                    var id = ConversationOf(user);
                    var now = time.GetUtcNow();
                    var conversation = await context.Conversations.FindAsync(id);
                    if (conversation is null)
                    {
                        conversation = new() { Id = id, Owner = ConversationOwner.OfUser(user), Title = Title, CreatedAt = now };
                        context.Conversations.Add(conversation);
                    }

                    conversation.UpdatedAt = now;
                    List<NewMessage> messages = [Message("user", question), Message("assistant", answer)];
                    if (conversation.MessageCount + messages.Count > MostKept)
                    {
                        messages.InsertRange(0, await ForgetOlderAsync(context, conversation));
                    }

                    conversations.Append(context, conversation, messages);
                },
                CancellationToken.None);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) || e is InvalidRequestException)
        {
            Log.NotKept(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <returns>The newer half, to be appended anew.</returns>
    private static async Task<List<NewMessage>> ForgetOlderAsync(StateContext context, Conversation conversation)
    {
        var newer = await context.Messages.AsNoTracking()
            .Where(message => message.ConversationId == conversation.Id && message.Position >= conversation.MessageCount / 2)
            .OrderBy(message => message.Position)
            .Select(message => new NewMessage(message.Role, message.Content, message.Details))
            .ToListAsync();
        await context.Messages.Where(message => message.ConversationId == conversation.Id).ExecuteDeleteAsync();
        (conversation.MessageCount, conversation.Size) = (0, 0);
        return newer;
    }

    private static NewMessage Message(string role, string text) => new(role, $"\"{ConversationInput.Stored(text)}\"", Details: null);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A question is answered without its user's history: {Reason}")]
        public static partial void NotRead(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "A question is missing in its user's history: {Reason}")]
        public static partial void NotKept(ILogger logger, string reason);
    }
}
