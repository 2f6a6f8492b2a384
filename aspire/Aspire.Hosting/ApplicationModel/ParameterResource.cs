namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that comes from outside the model, by configuration or from a person.</summary>
public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false) : Resource(name), IExpressionValue
{
    private string? _value;

    // What a person gave, or has been asked for.
    private volatile TaskCompletionSource<string>? _given;

    /// <summary>Whether the value must never be shown.</summary>
    public bool Secret { get; } = secret;

    public ParameterDefault? Default { get; set; }

    public string? Description { get; set; }

    public bool EnableDescriptionMarkdown { get; set; }

    public string ValueExpression => $"{{{Name}.value}}";

    internal string ConfigurationKey { get; init; } = $"Parameters:{name}";

    /// <exception cref="MissingParameterValueException">Neither configuration nor a default gives a value.</exception>
    internal string Value => _given is { Task.IsCompleted: true } given ? given.Task.Result : _value ??= callback(Default);

    /// <summary>Whether a person is to give the value.</summary>
    internal bool IsMissing => _given is { Task.IsCompleted: false };

    /// <summary>The value, as soon as there is one.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
        => _given is { } given ? new(given.Task.WaitAsync(cancellationToken)!) : new(Value);

    internal void Set(string value)
    {
        var waiting = _given;
        var given = new TaskCompletionSource<string>();
        given.SetResult(value);
        _given = given;
        waiting?.TrySetResult(value);
    }

    internal void Unset() => _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
