using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting;

/// <summary>A value that a person is asked for, such as an argument of a command, and then what they gave.</summary>
[Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public sealed class InteractionInput
{
    /// <summary>Identifies the value; letter case does not matter.</summary>
    public required string Name { get; init; }

    /// <summary>What the field is called; by default its name.</summary>
    public string? Label
    {
        get => string.IsNullOrWhiteSpace(field) ? Name : field;
        init;
    }

    public string? Description { get; init; }

    public bool EnableDescriptionMarkdown { get; init; }

    public required InputType InputType { get; init; }

    public bool Required { get; init; }

    /// <summary>Value and text of each choice.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Options { get; set; }

    /// <summary>Before it is asked for: the default. A number is written as in C#, a boolean is <c>true</c> or <c>false</c>.</summary>
    public string? Value { get; set; }

    public string? Placeholder { get; init; }

    public bool AllowCustomChoice { get; init; }

    public bool Disabled { get; set; }

    public int? MaxLength { get; init; }
}

[Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public enum InputType
{
    Text = 0,
    SecretText = 1,
    Choice = 2,
    Boolean = 3,
    Number = 4,
}
