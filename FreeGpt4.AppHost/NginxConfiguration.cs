using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace FreeGpt4.AppHost;

/// <summary>
/// The configuration of an nginx that runs on this machine: the templates in <c>nginx/</c>, with <c>${NAME}</c> filled in. Times and
/// sizes are in nginx's notation.
/// </summary>
internal sealed partial record NginxConfiguration
{
    private const string Extension = ".template";

    /// <summary>Where nginx listens, on every loopback address that this machine has.</summary>
    public required int Port { get; init; }

    /// <summary><c>127.0.0.1:5500</c>: the one address of all replicas.</summary>
    public required string Upstream { get; init; }

    public required string UpstreamConnectTimeout { get; init; }

    public required string UpstreamReadTimeout { get; init; }

    public required string MaxBodySize { get; init; }

    /// <summary>How long requests may still run when nginx is told to stop.</summary>
    public string ShutdownTimeout { get; init; } = "2s";

    private Dictionary<string, string> Values => new(StringComparer.Ordinal)
    {
        ["NGINX_LISTEN"] = string.Join(' ', LoopbackAddresses().Select(address => $"listen {new IPEndPoint(address, Port)};")),
        ["UPSTREAM_ADDRESS"] = Upstream,
        ["UPSTREAM_CONNECT_TIMEOUT"] = UpstreamConnectTimeout,
        ["UPSTREAM_READ_TIMEOUT"] = UpstreamReadTimeout,
        ["MAX_BODY_SIZE"] = MaxBodySize,
        ["NGINX_SHUTDOWN_TIMEOUT"] = ShutdownTimeout,
    };

    /// <summary>Writes <c>nginx.conf</c> and what it includes to a folder, which is made for this user alone.</summary>
    /// <exception cref="InvalidOperationException">A template has a name that nothing here has a value for.</exception>
    public async Task WriteAsync(string templates, string folder, CancellationToken cancellationToken)
    {
        var values = Values;
        CreatePrivateDirectory(folder);
        foreach (var template in Directory.EnumerateFiles(templates, $"*{Extension}"))
        {
            var text = await File.ReadAllTextAsync(template, cancellationToken);
            var filled = Name().Replace(text, name => values.TryGetValue(name.Groups[1].Value, out var value)
                ? value
                : throw new InvalidOperationException($"{template} has {name.Value}, which is no setting of nginx here."));
            await File.WriteAllTextAsync(Path.Combine(folder, Path.GetFileNameWithoutExtension(template)), filled, cancellationToken);
        }
    }

    private static void CreatePrivateDirectory(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("nginx is run by a shell script, which Windows has no shell for.");
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // nginx does not start when it cannot listen on one of its addresses, and not every machine has ::1.
    private static IEnumerable<IPAddress> LoopbackAddresses()
    {
        yield return IPAddress.Loopback;
        if (Socket.OSSupportsIPv6 && CanListen(IPAddress.IPv6Loopback))
        {
            yield return IPAddress.IPv6Loopback;
        }
    }

    private static bool CanListen(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException missing)
            when (missing.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            return false;
        }
    }

    // As envsubst writes it. nginx's own variables are in small letters.
    [GeneratedRegex(@"\$\{([A-Z][A-Z0-9_]*)\}")]
    private static partial Regex Name();
}
