using System.Globalization;
using System.Text.Json;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>The members of a JSON object, each read as what it must be. Mistakes are kept, so that all are reported at once.</summary>
internal sealed class PlacedObject
{
    private const int LongestValueShown = 60;

    private readonly PlacedJson _node;
    private readonly PlacedErrors _errors;

    /// <param name="known">The names that the members may have; a leading <c>$</c>, as in <c>$schema</c>, is nobody's business.</param>
    public PlacedObject(PlacedJson node, PlacedErrors errors, params string[] known)
    {
        _node = node;
        _errors = errors;
        if (node.Kind is not JsonTokenType.StartObject)
        {
            errors.Add(node, $"is {Show(node)}", $"an object with {string.Join(", ", known)}");
        }

        var seen = new HashSet<string>();
        foreach (var (name, value) in node.Members)
        {
            if (!seen.Add(name))
            {
                errors.Add(value, "is given twice", "once");
            }
            else if (known is not [] && !known.Contains(name) && !name.StartsWith('$'))
            {
                errors.Add(value, "is unknown", string.Join(", ", known));
            }
        }
    }

    public IEnumerable<(string Name, PlacedJson Value)> Members => _node.Members.Where(member => !member.Name.StartsWith('$'));

    public PlacedJson? Find(string name) => _node.Members.FirstOrDefault(member => member.Name == name).Value is { Kind: not JsonTokenType.Null } value
        ? value
        : null;

    public string? Text(string name, Func<string, bool> isAllowed, string allowed, bool isSecret = false)
    {
        if (Find(name) is not { } value || (value.Kind is JsonTokenType.String && isAllowed(value.Text)))
        {
            return Find(name)?.Text;
        }

        _errors.Add(value, isSecret ? "cannot be used" : $"is {Show(value)}", allowed);
        return null;
    }

    public string? Text(string name) => Text(name, text => !string.IsNullOrWhiteSpace(text), "a text that is not empty");

    public bool? Flag(string name) => Read<bool>(name, value => value.Kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => null,
    }, "true or false");

    public int? Number(string name, int min, int max) => Read<int>(
        name,
        value => value.Kind is JsonTokenType.Number
            && int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max ? number : null,
        $"a whole number from {min} to {max}");

    public TimeSpan? Duration(string name, TimeSpan min, TimeSpan max) => Read<TimeSpan>(
        name,
        value => value.Kind is JsonTokenType.String && SettingsReader.TryDuration(value.Text, out var time) && time >= min && time <= max
            ? time
            : null,
        $"a time such as \"500ms\", \"30s\" or \"10m\", from {min.TotalSeconds}s to {max.TotalSeconds}s");

    public T? OneOf<T>(string name, IReadOnlyDictionary<string, T> allowed)
        where T : struct => Read<T>(
            name,
            value => value.Kind is JsonTokenType.String && allowed.TryGetValue(value.Text, out var found) ? found : null,
            string.Join(", ", allowed.Keys));

    public IReadOnlyList<string>? Texts(string name, string allowed = "an array of texts that are not empty") =>
        List(name, value => value.Kind is JsonTokenType.String && !string.IsNullOrWhiteSpace(value.Text) ? value.Text : null, allowed);

    /// <param name="read"><c>null</c> for an element that cannot be.</param>
    public IReadOnlyList<T>? List<T>(string name, Func<PlacedJson, T?> read, string allowed)
        where T : class
    {
        if (Find(name) is not { } array)
        {
            return null;
        }

        if (array.Kind is not JsonTokenType.StartArray)
        {
            _errors.Add(array, $"is {Show(array)}", allowed);
            return null;
        }

        var list = new List<T>();
        foreach (var item in array.Items)
        {
            if (read(item) is { } value)
            {
                list.Add(value);
            }
            else
            {
                _errors.Add(item, $"is {Show(item)}", allowed);
            }
        }

        return list;
    }

    private T? Read<T>(string name, Func<PlacedJson, T?> read, string allowed)
        where T : struct
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        var result = read(value);
        if (result is null)
        {
            _errors.Add(value, $"is {Show(value)}", allowed);
        }

        return result;
    }

    private static string Show(PlacedJson value) => value.Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => $"\"{(value.Text.Length <= LongestValueShown ? value.Text : value.Text[..LongestValueShown] + "…").ReplaceLineEndings(" ")}\"",
        _ => value.Text,
    };
}

/// <summary>The mistakes of one file.</summary>
/// <param name="file">What to call it: <c>PROVIDERS_FILE /etc/providers.json</c>.</param>
internal sealed class PlacedErrors(string file)
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(PlacedJson place, string mistake, string allowed) =>
        _lines.Add($"{file}, line {place.Line}: {place.Path} {mistake}; allowed is {allowed}.");

    public void Add(string mistake) => _lines.Add($"{file} {mistake}");
}
