namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that comes from outside the model, by configuration or from a person.</summary>
public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false) : Resource(name), IExpressionValue
{
    private string? _value;

    /// <summary>Whether the value must never be shown.</summary>
    public bool Secret { get; } = secret;

    public ParameterDefault? Default { get; set; }

    public string? Description { get; set; }

    public bool EnableDescriptionMarkdown { get; set; }

    public string ValueExpression => $"{{{Name}.value}}";

    internal string ConfigurationKey { get; init; } = $"Parameters:{name}";

    /// <exception cref="MissingParameterValueException">Neither configuration nor a default gives a value.</exception>
    internal string Value => _value ??= callback(Default);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(Value);
}

/// <summary>Where a parameter's value comes from when the configuration has none.</summary>
public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();
}

/// <summary>A value that is known, and told where the application is published.</summary>
internal sealed class ConstantParameterDefault(Func<string> value) : ParameterDefault
{
    public override string GetDefaultValue() => value();
}
