using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>What all browsers together have kept that nobody has logged in with: one more of them costs nothing to make.</summary>
internal sealed class BrowserSpace(StateStore store, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private (int Conversations, long Bytes) _used;
    private DateTimeOffset? _readAt;

    /// <summary>For a browser that wants to keep more.</summary>
    /// <exception cref="InvalidRequestException">There is no room.</exception>
    public async Task TakeAsync(string owner, int conversations, IEnumerable<NewMessage> messages, CancellationToken cancellationToken)
    {
        if (ConversationOwner.IsUser(owner))
        {
            return;
        }

        if (IsDue())
        {
            var used = await ReadAsync(cancellationToken);
            lock (_gate)
            {
                _used = used;
            }
        }

        lock (_gate)
        {
            var (all, bytes) = (_used.Conversations + conversations, _used.Bytes + messages.Sum(message => (long)message.Size));
            if (all > ConversationLimits.OfAllBrowsers || bytes > ConversationLimits.BytesOfAllBrowsers)
            {
                throw new InvalidRequestException(
                    "There is no room for more conversations of visitors. Log in, or delete some.",
                    code: "storage_full",
                    status: StatusCodes.Status507InsufficientStorage);
            }

            _used = (all, bytes);
        }
    }

    // One looks for all who ask meanwhile.
    private bool IsDue()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_readAt is { } at && at <= now && now - at < Fresh)
            {
                return false;
            }

            _readAt = now;
            return true;
        }
    }

    private async Task<(int Conversations, long Bytes)> ReadAsync(CancellationToken cancellationToken)
    {
        var used = await store.ReadAsync(
            context => context.Conversations.Where(one => one.Owner.StartsWith(ConversationOwner.BrowserPrefix))
                .GroupBy(_ => 1)
                .Select(all => new { Conversations = all.Count(), Bytes = all.Sum(one => one.Size) })
                .FirstOrDefaultAsync(cancellationToken),
            cancellationToken);
        return used is null ? default : (used.Conversations, used.Bytes);
    }
}
