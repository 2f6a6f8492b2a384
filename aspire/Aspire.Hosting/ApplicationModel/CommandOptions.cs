using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>How a command is offered, and when.</summary>
public class CommandOptions
{
    public string? Description { get; set; }

    /// <summary>A question to be answered before the command is executed.</summary>
    public string? ConfirmationMessage { get; set; }

    /// <summary>A name from the Fluent UI icons.</summary>
    public string? IconName { get; set; }

    public IconVariant? IconVariant { get; set; }

    /// <summary>Whether the command has a button of its own, as opposed to an entry in a menu.</summary>
    public bool IsHighlighted { get; set; }

    /// <summary>Who is told of the command: the dashboard, and programs such as the CLI.</summary>
    public ResourceCommandVisibility Visibility { get; set; } = ResourceCommandVisibility.UI | ResourceCommandVisibility.Api;

    /// <summary>Called with every change of an instance; by default the command is always enabled.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }

    /// <summary>What the command is to be told, with the defaults.</summary>
    [Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
    public IReadOnlyList<InteractionInput> Arguments { get; set; } = [];

    /// <summary>Called before the command is executed, which it is not if errors were added.</summary>
    [Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
    public Func<InputsDialogValidationContext, Task>? ValidateArguments { get; set; }
}
