using System.Net;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>
/// By which names this server may be asked for pages and <c>/api</c>. A page of somebody else whose name is made to lead here, with what the
/// browser knows of that name, needs a name: addresses cannot be taken over that way. https://en.wikipedia.org/wiki/DNS_rebinding
/// </summary>
internal sealed class AllowedHosts
{
    private const string Setting = "ALLOWED_HOSTS";
    private const string Any = "*";

    private readonly IReadOnlyList<string> _names;
    private readonly bool _addresses;

    private AllowedHosts(IReadOnlyList<string> names, bool addresses) => (_names, _addresses) = (names, addresses);

    /// <summary>
    /// Without a setting every IP address, and the name of this machine; with one those named there. This machine's loopback always. <c>*</c>
    /// allows all, <c>*.example.com</c> all below a name.
    /// </summary>
    public static AllowedHosts Read(SettingsReader settings)
    {
        var names = settings.List(Setting);
        foreach (var wrong in names.Where(name => !IsName(name)))
        {
            settings.Refuse(
                $"{Setting} has \"{wrong.ReplaceLineEndings(" ")}\"; allowed are names and addresses without port, such as gpt.example.com, *.example.com or 192.168.1.5, and * for all.");
        }

        return names is []
            ? new([Environment.MachineName, $"{Environment.MachineName}.local"], addresses: true)
            : new(names, addresses: false);
    }

    public bool Allows(HostString host)
    {
        var name = host.Host.TrimEnd('.');
        return name.Length > 0 && (IsLoopback(name) || (_addresses && Address(name) is not null) || _names.Any(allowed => Matches(allowed, name)));
    }

    private static bool Matches(string allowed, string name) => allowed switch
    {
        Any => true,
        ['*', '.', ..] => name.Length >= allowed.Length && name.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase),
        _ => name.Equals(allowed, StringComparison.OrdinalIgnoreCase) || (Address(allowed) is { } address && address.Equals(Address(name))),
    };

    private static bool IsLoopback(string name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (Address(name) is { } address && IPAddress.IsLoopback(address));

    // .NET takes "1" for 0.0.0.1, and browsers write an address out: other spellings are none.
    private static IPAddress? Address(string name) =>
        IPAddress.TryParse(name.Trim('[', ']'), out var address) && (name.Contains(':', StringComparison.Ordinal) || address.ToString() == name)
            ? address
            : null;

    private static bool IsName(string name) => name is Any
        || Address(name) is not null
        || Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) is UriHostNameType.Dns;
}
