using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FreeGpt4.ServiceDefaults.Settings;

/// <summary>
/// Reads settings by the names of their environment variables. An unset or empty one takes its default; a bad one is kept as a line
/// that names the variable, its value and what is allowed, until <see cref="ThrowIfBad{TOptions}"/>.
/// </summary>
public sealed class SettingsReader(IConfiguration configuration)
{
    private static readonly Dictionary<string, double> SecondsPerUnit = new()
    {
        ["ms"] = 0.001,
        ["s"] = 1,
        ["m"] = 60,
        ["h"] = 3600,
    };

    private static readonly Dictionary<string, double> BytesPerUnit = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["k"] = 1 << 10,
        ["m"] = 1 << 20,
        ["g"] = 1 << 30,
    };

    private static readonly Dictionary<string, bool> Flags = new(StringComparer.OrdinalIgnoreCase) { ["true"] = true, ["false"] = false };

    private readonly List<string> _failures = [];

    public string? Text(string name) => configuration[name]?.Trim() is { Length: > 0 } text ? text : null;

    public string? Text(string name, Func<string, bool> isAllowed, string allowed)
        => Text(name) is { } text && !isAllowed(text) ? Bad<string?>(name, text, allowed, null) : Text(name);

    /// <summary>A key as it can stand in a header. It is in no failure.</summary>
    public string? Secret(string name)
    {
        if (Text(name) is not { } text || text.All(c => c is > ' ' and <= '~'))
        {
            return Text(name);
        }

        _failures.Add($"{name} has a character that cannot be in a key; allowed are printable ASCII characters without spaces.");
        return null;
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

    /// <summary>A time in nginx's notation: a number and <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>.</summary>
    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        return TryScale(text, SecondsPerUnit, out var seconds) && seconds >= min.TotalSeconds && seconds <= max.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : Bad(name, text, $"a time such as 500ms, 30s, 10m or 1h, from {min.TotalSeconds}s to {max.TotalSeconds}s", fallback);
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
        _failures.Add($"{name} is \"{text.ReplaceLineEndings(" ")}\"; allowed is {allowed}.");
        return fallback;
    }
}
