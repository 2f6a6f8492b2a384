using System.Globalization;
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

    private static readonly Dictionary<string, double> BytesPerUnit = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["k"] = 1 << 10,
        ["m"] = 1 << 20,
        ["g"] = 1 << 30,
    };

    private static readonly Dictionary<string, bool> Flags = new(StringComparer.OrdinalIgnoreCase) { ["true"] = true, ["false"] = false };

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
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        return allowed.TryGetValue(text, out var value) ? value : Bad(name, text, string.Join(", ", allowed.Keys), fallback);
    }

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

    public int Number(string name, int fallback, int min, int max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        return Bad(name, text, $"a whole number from {min} to {max}", fallback);
    }

    /// <summary>A time in nginx's notation: a number and <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>.</summary>
    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        return TryDuration(text, out var time) && time >= min && time <= max
            ? time
            : Bad(name, text, $"a time such as 500ms, 30s, 10m or 1h, from {min.TotalSeconds}s to {max.TotalSeconds}s", fallback);
    }

    /// <summary>A time as in <see cref="Duration"/>, or <c>off</c>.</summary>
    /// <returns><c>null</c> for off.</returns>
    public TimeSpan? DurationOrOff(string name, TimeSpan? fallback, TimeSpan min, TimeSpan max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (text.Equals("off", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return TryDuration(text, out var time) && time >= min && time <= max
            ? time
            : Bad(name, text, $"off, or a time such as 12h or 30d, from {min.TotalHours}h to {max.TotalDays}d", fallback);
    }

    /// <summary>Reads the notation of <see cref="Duration"/>.</summary>
    public static bool TryDuration(string text, out TimeSpan time)
    {
        var isTime = TryScale(text, SecondsPerUnit, out var seconds);
        time = TimeSpan.FromSeconds(isTime ? Math.Min(seconds, LongestTime) : 0);
        return isTime;
    }

    /// <summary>A size in nginx's notation: a number of bytes, or of <c>K</c>, <c>M</c> or <c>G</c> (powers of 1024).</summary>
    public long Size(string name, long fallback, long min, long max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        return TryScale(text, BytesPerUnit, out var bytes) && bytes >= min && bytes <= max
            ? (long)bytes
            : Bad(name, text, $"a size such as 65536, 512K, 16M or 1G, from {min} to {max} bytes", fallback);
    }

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

    private static bool TryScale(string text, Dictionary<string, double> units, out double value)
    {
        var number = text.TrimEnd([.. "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]);
        var known = units.TryGetValue(text[number.Length..], out var scale);
        var parsed = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        value = count * scale;
        return known && parsed;
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
