using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FreeGpt4.ServiceDefaults.Settings;

/// <summary>
/// Reads settings by the names of their environment variables. An unset or empty one takes its default; a bad one is kept as a line
/// that names the variable, its value and what is allowed, until <see cref="ThrowIfBad{TOptions}"/>.
/// </summary>
/// <param name="find">The value of a setting; <c>null</c> when it is unset.</param>
public sealed class SettingsReader(Func<string, string?> find)
{
    private static readonly Dictionary<string, double> SecondsPerUnit = new()
    {
        ["ms"] = 0.001,
        ["s"] = 1,
        ["m"] = 60,
        ["h"] = 3600,
        ["d"] = 86_400,
    };

    private static readonly Dictionary<string, double> SecondsPerUnitOfRate = new() { ["r/s"] = 1, ["r/m"] = 60 };

    private static readonly Dictionary<string, double> BytesPerUnit = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["k"] = 1 << 10,
        ["m"] = 1 << 20,
        ["g"] = 1 << 30,
    };

    private static readonly Dictionary<string, bool> Flags = new(StringComparer.OrdinalIgnoreCase) { ["true"] = true, ["false"] = false };

    /// <summary>Reads a value. It may be null when the result is false.</summary>
    public delegate bool TryRead<T>(string text, out T value);

    // Of a time in seconds: far beyond every limit, and within what a TimeSpan holds.
    private const double LongestTime = 1e11;

    private readonly List<string> _failures = [];

    public SettingsReader(IConfiguration configuration)
        : this(name => configuration[name])
    {
    }

    /// <summary>The lines about bad settings so far; each begins with the name of the setting.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public string? Text(string name) => find(name)?.Trim() is { Length: > 0 } text ? text : null;

    public string? Text(string name, Func<string, bool> isAllowed, string allowed)
        => Text(name) is { } text && !isAllowed(text) ? Bad<string?>(name, text, allowed, null) : Text(name);

    /// <summary>Keys as they can stand in a header, separated by commas. They are in no failure.</summary>
    public IReadOnlyList<string> Secrets(string name)
    {
        var keys = List(name);
        if (keys.All(key => key.All(c => c is > ' ' and <= '~')))
        {
            return keys;
        }

        _failures.Add($"{name} has a character that cannot be in a key; allowed are printable ASCII characters without spaces.");
        return [];
    }

    /// <summary>Values separated by commas.</summary>
    public IReadOnlyList<string> List(string name)
        => Text(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    public T OneOf<T>(string name, T fallback, IReadOnlyDictionary<string, T> allowed)
        => Value(name, fallback, allowed.TryGetValue!, string.Join(", ", allowed.Keys));

    public bool Flag(string name, bool fallback) => OneOf(name, fallback, Flags);

    /// <summary>The address of an HTTP service, without anything that belongs to one request or one user.</summary>
    public Uri? HttpAddress(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" })
        {
            return address;
        }

        // A password may stand before the host, a key after the path.
        var withoutSecrets = text[(text.LastIndexOf('@') + 1)..].Split('?', '#')[0];
        return Bad<Uri?>(
            name, withoutSecrets, "an address such as http://localhost:11434/v1, with http or https and without user, query and fragment", null);
    }

    /// <summary>A value in a notation of its own.</summary>
    public T Value<T>(string name, T fallback, TryRead<T> tryRead, string allowed)
        => Text(name) is not { } text ? fallback : tryRead(text, out var value) ? value : Bad(name, text, allowed, fallback);

    public int Number(string name, int fallback, int min, int max)
        => Value(name, fallback, NumberWithin(min, max), $"a whole number from {min} to {max}");

    /// <summary>A number, or <c>off</c>, which is 0.</summary>
    public int NumberOrOff(string name, int fallback, int max)
        => Value(name, fallback, OrOff(NumberWithin(0, max), 0), $"a whole number from 0 to {max}, or off");

    /// <summary>A time in nginx's notation: a number and <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>.</summary>
    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
        => Value(
            name, fallback, (string text, out TimeSpan time) => TryDuration(text, out time) && time >= min && time <= max,
            $"a time such as 500ms, 30s, 10m or 1h, from {min.TotalSeconds}s to {max.TotalSeconds}s");

    /// <summary>A time in whole seconds, minutes or hours, or <c>off</c>, which is null.</summary>
    public TimeSpan? SecondsOrOff(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
        => Value<TimeSpan?>(
            name, fallback,
            OrOff<TimeSpan?>(
                (string text, out TimeSpan? time) =>
                {
                    var isTime = TryDuration(text, out var read) && !text.EndsWith("ms", StringComparison.Ordinal);
                    time = read;
                    return isTime && read >= min && read <= max;
                },
                null),
            $"a time in whole seconds such as 5s, 1m or 1h, from {min.TotalSeconds}s to {max.TotalSeconds}s, or off");

    /// <summary>A rate of requests in nginx's notation, <c>10r/s</c> or <c>5r/m</c>, or <c>off</c>, which is null.</summary>
    /// <returns>The time for one request.</returns>
    public TimeSpan? RateOrOff(string name, TimeSpan fallback)
        => Value<TimeSpan?>(
            name, fallback,
            OrOff<TimeSpan?>(
                (string text, out TimeSpan? time) =>
                {
                    var (number, unit) = Split(text);
                    var isRate = NumberWithin(1, 100_000)(number, out var count) & SecondsPerUnitOfRate.TryGetValue(unit, out var seconds);
                    time = isRate ? TimeSpan.FromSeconds(seconds / count) : null;
                    return isRate;
                },
                null),
            "a rate such as 10r/s or 5r/m, from 1 to 100000 in a second or a minute, or off");

    /// <summary>Web origins separated by commas, or <c>*</c> for all, or <c>off</c> for none, as browsers write them.</summary>
    public IReadOnlyList<string> Origins(string name, IReadOnlyList<string> fallback)
        => Value(
            name, fallback, OrOff<IReadOnlyList<string>>(TryOrigins, []),
            "*, off, or origins such as https://app.example.org or http://localhost:3000, separated by commas and without a path");

    /// <summary>Networks and single addresses separated by commas, or <c>off</c> for none.</summary>
    public IReadOnlyList<IPNetwork> Networks(string name)
        => Value(
            name, [], OrOff<IReadOnlyList<IPNetwork>>(
                (string text, out IReadOnlyList<IPNetwork> networks) => TryAll(text, TryNetwork, out networks), []),
            "off, or IP addresses and networks such as 10.0.0.7, 10.0.0.0/8 or fd00::/8, separated by commas");

    /// <summary>A time as in <see cref="Duration"/>, or <c>off</c>.</summary>
    /// <returns><c>null</c> for off.</returns>
    public TimeSpan? DurationOrOff(string name, TimeSpan? fallback, TimeSpan min, TimeSpan max)
        => Value(
            name, fallback,
            OrOff<TimeSpan?>(
                (string text, out TimeSpan? time) =>
                {
                    var isTime = TryDuration(text, out var read);
                    time = read;
                    return isTime && read >= min && read <= max;
                },
                null),
            $"off, or a time such as 12h or 30d, from {min.TotalHours}h to {max.TotalDays}d");

    /// <summary>Reads the notation of <see cref="Duration"/>.</summary>
    public static bool TryDuration(string text, out TimeSpan time)
    {
        var isTime = TryScale(text, SecondsPerUnit, out var seconds);
        time = TimeSpan.FromSeconds(isTime ? Math.Min(seconds, LongestTime) : 0);
        return isTime;
    }

    /// <summary>A size in nginx's notation: a number of bytes, or of <c>K</c>, <c>M</c> or <c>G</c> (powers of 1024).</summary>
    public long Size(string name, long fallback, long min, long max)
        => Value(
            name, fallback,
            (string text, out long size) =>
            {
                var isSize = TryScale(text, BytesPerUnit, out var bytes) && bytes >= min && bytes <= max;
                size = isSize ? (long)bytes : 0;
                return isSize;
            },
            $"a size such as 65536, 512K, 16M or 1G, from {min} to {max} bytes");

    /// <summary>Keeps a failure that only the reader's user can find.</summary>
    /// <param name="failure">A line that names the setting and says what is allowed.</param>
    public void Refuse(string failure) => _failures.Add(failure);

    /// <exception cref="OptionsValidationException">When any setting read so far was bad; one failure for each.</exception>
    public void ThrowIfBad<TOptions>()
    {
        if (_failures.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(TOptions), _failures);
        }
    }

    private static TryRead<T> OrOff<T>(TryRead<T> tryRead, T off) => (string text, out T value) =>
    {
        if (!text.Equals("off", StringComparison.OrdinalIgnoreCase))
        {
            return tryRead(text, out value);
        }

        value = off;
        return true;
    };

    private static TryRead<int> NumberWithin(int min, int max) => (string text, out int number)
        => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= min && number <= max;

    private static bool TryScale(string text, Dictionary<string, double> units, out double value)
    {
        var (number, unit) = Split(text);
        var known = units.TryGetValue(unit, out var scale);
        var parsed = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        value = count * scale;
        return known && parsed;
    }

    private static (string Number, string Unit) Split(string text)
    {
        var number = text.TrimEnd([.. "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]);
        return (number, text[number.Length..]);
    }

    private static bool TryAll<T>(string text, TryRead<T> tryRead, out IReadOnlyList<T> values)
    {
        var read = new List<T>();
        values = read;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!tryRead(part, out var value))
            {
                return false;
            }

            read.Add(value);
        }

        return true;
    }

    private static bool TryOrigins(string text, out IReadOnlyList<string> origins)
    {
        origins = [text];
        return text == "*" || TryAll(text, TryOrigin, out origins);
    }

    private static bool TryOrigin(string text, out string origin)
    {
        // A URI has a path even where none is written.
        var isOrigin = Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" }
            && text.IndexOf('/', uri.Scheme.Length + "://".Length) < 0;
        var host = uri?.HostNameType == UriHostNameType.Dns ? uri.IdnHost : uri?.Host;
        origin = isOrigin ? $"{uri!.Scheme}://{host}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}" : "";
        return isOrigin;
    }

    private static bool TryNetwork(string text, out IPNetwork network)
    {
        var slash = text.IndexOf('/');
        network = default;
        // The parser also takes "10.1", "[::1]:80" and "fe80::1%eth0".
        var address = slash < 0 ? text : text[..slash];
        if (!IPAddress.TryParse(address, out var ip) || address.ContainsAny('[', '%')
            || (ip.AddressFamily == AddressFamily.InterNetwork && ip.ToString() != address))
        {
            return false;
        }

        var bits = ip.GetAddressBytes().Length * 8;
        var prefix = bits;
        if (slash >= 0 && !(int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= bits))
        {
            return false;
        }

        if (ip.IsIPv4MappedToIPv6)
        {
            // Clients are compared as IPv4, too.
            prefix -= 96;
            ip = ip.MapToIPv4();
        }

        network = prefix < 0 ? default : new IPNetwork(FirstOf(ip, prefix), prefix);
        return prefix >= 0;
    }

    // 10.0.0.7/8 is 10.0.0.0/8.
    private static IPAddress FirstOf(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }

    private T Bad<T>(string name, string text, string allowed, T fallback)
    {
        var failure = $"{name} is \"{text.ReplaceLineEndings(" ")}\"; allowed is {allowed}.";
        if (!_failures.Contains(failure))
        {
            // Two features may read the same setting.
            _failures.Add(failure);
        }

        return fallback;
    }
}
