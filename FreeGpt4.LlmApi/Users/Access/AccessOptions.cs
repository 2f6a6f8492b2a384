using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Users.Access;

/// <param name="IsPrivate">Whether who asks has to say who they are.</param>
/// <param name="Hosts">By which names pages and <c>/api</c> may be asked for.</param>
internal sealed record AccessOptions(bool IsPrivate, AllowedHosts Hosts)
{
    public static AccessOptions Read(SettingsReader settings) =>
        new(settings.Flag("PRIVATE_MODE", fallback: false), AllowedHosts.Read(settings));
}
