using System.Net;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Connections;

/// <summary>
/// <c>PROXIES</c>: through whom providers are asked, except those on this machine or in a private network. It says nothing about users and
/// passwords when it is written out.
/// </summary>
internal sealed class OutgoingProxies : IEquatable<OutgoingProxies>
{
    public const string Setting = "PROXIES";

    public const string Allowed = "addresses separated by commas, each http://, https://, socks4:// or socks5:// with host and port, "
        + "and user:password@ before the host where the proxy wants it";

    private const int SocksPort = 1080;

    // What only the network that one is in can resolve. https://www.rfc-editor.org/rfc/rfc6762, rfc8375; .internal is reserved by ICANN.
    private static readonly string[] PrivateSuffixes = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];

    private static readonly IPNetwork[] PrivateNetworks =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("fc00::/7"),
        IPNetwork.Parse("fe80::/10"),
    ];

    private readonly IReadOnlyList<Uri> _addresses;

    private OutgoingProxies(IReadOnlyList<Uri> addresses) => _addresses = addresses;

    public static OutgoingProxies None { get; } = new([]);

    public bool IsEmpty => _addresses.Count == 0;

    public static OutgoingProxies Read(SettingsReader settings)
    {
        var addresses = new List<Uri>();
        foreach (var (i, text) in settings.List(Setting).Index())
        {
            if (Parse(text) is { } address)
            {
                addresses.Add(address);
            }
            else
            {
                // Not the text: a password may be in it.
                settings.Refuse($"{Setting} has no proxy in place {i + 1}; allowed are {Allowed}.");
            }
        }

        return addresses is [] ? None : new(addresses);
    }

    /// <summary>Whether an address is on this machine or in a private network, where no proxy could reach it, or needs to.</summary>
    public static bool IsNear(Uri address)
    {
        var host = address.IdnHost;
        if (IPAddress.TryParse(host, out var ip))
        {
            var plain = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
            return PrivateNetworks.Any(network => network.Contains(plain));
        }

        return !host.Contains('.') || PrivateSuffixes.Any(suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Host and port of each, for those who want to know it again.</summary>
    public IEnumerable<string> Hosts => _addresses.Select(address => $"{address.Host}:{Port(address)}");

    /// <summary>One for each address, with its user and password apart from it.</summary>
    public IReadOnlyList<WebProxy> ToWebProxies() =>
    [
        .. _addresses.Select(address => new WebProxy(new UriBuilder(address.Scheme, address.Host, Port(address)).Uri)
        {
            Credentials = address.UserInfo is { Length: > 0 } user ? Credential(user) : null,
        }),
    ];

    public bool Equals(OutgoingProxies? other) =>
        other is not null && _addresses.Select(address => address.OriginalString).SequenceEqual(other._addresses.Select(address => address.OriginalString));

    public override bool Equals(object? obj) => Equals(obj as OutgoingProxies);

    public override int GetHashCode() => _addresses.Count;

    public override string ToString() => $"({_addresses.Count} proxies)";

    private static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && address is { Scheme: "http" or "https" or "socks4" or "socks4a" or "socks5", Host.Length: > 0, AbsolutePath: "/" or "", Query: "", Fragment: "" }
            ? address
            : null;

    private static int Port(Uri address) => address.Port > 0 ? address.Port : SocksPort;

    private static NetworkCredential Credential(string userInfo)
    {
        var parts = userInfo.Split(':', 2);
        return new(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }
}
