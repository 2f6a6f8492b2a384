using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FreeGpt4.AppHost;

/// <summary>The settings of the cluster, from environment variables of the same names. A setting that is empty counts as absent.</summary>
internal sealed class ClusterSettings
{
    private const int DefaultReplicas = 2;
    private const int MaximumReplicas = 64;
    private const int DefaultEdgePort = 15432;
    private const int MaximumPort = 65535;

    private static readonly Dictionary<string, long> Milliseconds = new()
    {
        ["ms"] = 1,
        ["s"] = 1000,
        ["m"] = 60_000,
        ["h"] = 3_600_000,
    };

    private static readonly Dictionary<string, long> Bytes = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["K"] = 1 << 10,
        ["M"] = 1 << 20,
        ["G"] = 1 << 30,
    };

    private readonly List<string> _errors = [];

    private ClusterSettings(IConfiguration configuration)
    {
        ApiReplicas = Integer(configuration, "API_REPLICAS", DefaultReplicas, 1, MaximumReplicas);
        EdgePort = Integer(configuration, "EDGE_PORT", DefaultEdgePort, 1, MaximumPort);
        NginxProgram = Edge(configuration);
        UpstreamConnectTimeout = Amount(configuration, "UPSTREAM_CONNECT_TIMEOUT", "5s", "10ms", "1m", Milliseconds, "time");
        UpstreamReadTimeout = Amount(configuration, "UPSTREAM_READ_TIMEOUT", "10m", "1s", "24h", Milliseconds, "time");
        MaxBodySize = Amount(configuration, "MAX_BODY_SIZE", "16M", "1K", "1G", Bytes, "size");
    }

    /// <summary><c>API_REPLICAS</c>: processes of the LLM API behind the edge, 1 to 64.</summary>
    public int ApiReplicas { get; }

    /// <summary><c>EDGE_PORT</c>: the one port that clients use.</summary>
    public int EdgePort { get; }

    /// <summary><c>EDGE</c>: the nginx to run as the edge, or null for FreeGpt4.Proxy.</summary>
    public string? NginxProgram { get; }

    /// <summary><c>UPSTREAM_CONNECT_TIMEOUT</c>: how long the edge waits for a connection to a replica.</summary>
    public string UpstreamConnectTimeout { get; }

    /// <summary><c>UPSTREAM_READ_TIMEOUT</c>: how long a replica may be silent.</summary>
    public string UpstreamReadTimeout { get; }

    /// <summary><c>MAX_BODY_SIZE</c>: of a request.</summary>
    public string MaxBodySize { get; }

    /// <param name="error">One line per setting that cannot be used: its name, its value, and what is allowed.</param>
    public static bool TryRead(IConfiguration configuration, [NotNullWhen(true)] out ClusterSettings? settings, [NotNullWhen(false)] out string? error)
    {
        var read = new ClusterSettings(configuration);
        error = read._errors.Count > 0 ? string.Join(Environment.NewLine, read._errors) : null;
        settings = error is null ? read : null;
        return settings is not null;
    }

    private string? Edge(IConfiguration configuration)
    {
        var edge = configuration["EDGE"] is { Length: > 0 } value ? value : "auto";
        var program = edge is "auto" or "nginx" ? Nginx.ProgramOn(configuration["PATH"]) : null;
        if (edge is not ("auto" or "nginx" or "proxy"))
        {
            _errors.Add($"EDGE is '{edge}'; it must be auto, nginx or proxy (default auto).");
        }
        else if (edge is "nginx" && program is null)
        {
            _errors.Add(
                "EDGE is 'nginx', but there is no nginx on the PATH; install it (Debian: apt-get install nginx-light, "
                + "macOS: brew install nginx), add its folder to the PATH (Debian: /usr/sbin), or set EDGE=proxy.");
        }

        return program;
    }

    private int Integer(IConfiguration configuration, string name, int fallback, int minimum, int maximum)
    {
        var value = configuration[name];
        if (string.IsNullOrWhiteSpace(value))
        {
            return fallback;
        }

        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        _errors.Add($"{name} is '{value}'; it must be a whole number from {minimum} to {maximum} (default {fallback}).");
        return fallback;
    }

    /// <returns>The setting as it was written, in nginx's notation.</returns>
    private string Amount(
        IConfiguration configuration,
        string name,
        string fallback,
        string minimum,
        string maximum,
        Dictionary<string, long> units,
        string kind)
    {
        var value = configuration[name];
        if (string.IsNullOrWhiteSpace(value))
        {
            return fallback;
        }

        if (!(Count(value, units) is { } count && count >= Count(minimum, units) && count <= Count(maximum, units)))
        {
            _errors.Add($"{name} is '{value}'; it must be a {kind} from {minimum} to {maximum} (default {fallback}).");
        }

        return value;
    }

    private static long? Count(string value, Dictionary<string, long> units)
    {
        var number = value.TrimEnd([.. "KMGkmghs"]);
        return units.TryGetValue(value[number.Length..], out var unit)
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count * unit
            : null;
    }
}
