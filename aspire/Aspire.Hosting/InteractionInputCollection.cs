using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Aspire.Hosting;

/// <summary>Values by name; letter case does not matter.</summary>
[Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public sealed class InteractionInputCollection : IReadOnlyList<InteractionInput>
{
    private readonly InteractionInput[] _inputs;

    /// <exception cref="InvalidOperationException">Two inputs have the same name.</exception>
    public InteractionInputCollection(IReadOnlyList<InteractionInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);

        _inputs = [.. inputs];
        if (_inputs.GroupBy(input => input.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Skip(1).Any()) is { } same)
        {
            throw new InvalidOperationException($"There is more than one input '{same.Key}'.");
        }
    }

    public int Count => _inputs.Length;

    public IEnumerable<string> Names => _inputs.Select(input => input.Name);

    public InteractionInput this[int index] => _inputs[index];

    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public InteractionInput this[string name] => TryGetByName(name, out var input) ? input : throw new KeyNotFoundException($"There is no input '{name}'.");

    public bool TryGetByName(string name, [NotNullWhen(true)] out InteractionInput? input)
    {
        input = Array.Find(_inputs, known => string.Equals(known.Name, name, StringComparison.OrdinalIgnoreCase));
        return input is not null;
    }

    public bool ContainsName(string name) => TryGetByName(name, out _);

    public string? GetString(string name) => this[name].Value;

    /// <exception cref="InvalidOperationException">It has no value.</exception>
    /// <exception cref="FormatException">The value is something else.</exception>
    public bool GetBoolean(string name) => bool.Parse(Given(name));

    /// <inheritdoc cref="GetBoolean"/>
    public int GetInt32(string name) => int.Parse(Given(name), NumberStyles.Integer, CultureInfo.InvariantCulture);

    /// <inheritdoc cref="GetBoolean"/>
    public double GetDouble(string name) => double.Parse(Given(name), NumberStyles.Float, CultureInfo.InvariantCulture);

    public InteractionInput[] ToArray() => [.. _inputs];

    public IEnumerator<InteractionInput> GetEnumerator() => _inputs.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string Given(string name) => GetString(name) ?? throw new InvalidOperationException($"Input '{name}' has no value.");
}
