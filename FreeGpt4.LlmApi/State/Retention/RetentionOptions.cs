using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.State.Retention;

/// <summary>How long is kept what grows; <c>null</c> for ever.</summary>
/// <param name="Conversations">Since they were last changed; those of browsers that nobody has logged in with never for ever.</param>
/// <param name="Usage">Single requests; the totals of days stay.</param>
internal sealed record RetentionOptions(TimeSpan? Conversations, TimeSpan? Usage)
{
    public const string Allowed = "off, or a time such as 12h or 30d, from 1h to 3650d";

    private static readonly TimeSpan Shortest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public static RetentionOptions Read(SettingsReader settings) => new(
        settings.DurationOrOff("CONVERSATION_RETENTION", fallback: null, Shortest, Longest),
        settings.DurationOrOff("USAGE_RETENTION", TimeSpan.FromDays(90), Shortest, Longest));
}
