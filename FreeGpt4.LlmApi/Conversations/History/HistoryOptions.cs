using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Conversations.History;

/// <param name="IsOn">Whether the questions of <c>/?text=</c> continue one conversation, for users who have not said otherwise.</param>
internal sealed record HistoryOptions(bool IsOn)
{
    public static HistoryOptions Read(SettingsReader settings) => new(settings.Flag("HISTORY", fallback: false));
}
