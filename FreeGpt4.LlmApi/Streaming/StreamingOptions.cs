using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Streaming;

/// <param name="PingInterval">
/// How long a stream may be silent. Then a comment is sent, so that no proxy or client takes it for dead; the first one
/// commits the reply to status 200.
/// </param>
internal sealed record StreamingOptions(TimeSpan PingInterval)
{
    public static StreamingOptions Read(SettingsReader settings) => new(
        settings.Duration("STREAM_PING_INTERVAL", TimeSpan.FromSeconds(15), TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)));
}
