using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something that a person can have done with an instance of a resource: a button in the dashboard, a word for the CLI.</summary>
public sealed class ResourceCommandAnnotation(
    string name,
    string displayName,
    Func<UpdateCommandStateContext, ResourceCommandState> updateState,
    Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
    string? displayDescription,
    IReadOnlyList<InteractionInput>? arguments,
    string? confirmationMessage,
    string? iconName,
    IconVariant? iconVariant,
    bool isHighlighted,
    ResourceCommandVisibility visibility = ResourceCommandVisibility.UI | ResourceCommandVisibility.Api,
    Func<InputsDialogValidationContext, Task>? validateArguments = null) : IResourceAnnotation
{
    public ResourceCommandAnnotation(
        string name,
        string displayName,
        Func<UpdateCommandStateContext, ResourceCommandState> updateState,
        Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
        string? displayDescription,
        object? parameter,
        string? confirmationMessage,
        string? iconName,
        IconVariant? iconVariant,
        bool isHighlighted)
        : this(name, displayName, updateState, executeCommand, displayDescription, arguments: null, confirmationMessage, iconName, iconVariant, isHighlighted)
        => ParameterValue = parameter;

    /// <summary>Identifies the command; see <see cref="KnownResourceCommands"/>.</summary>
    public string Name { get; } = name;

    public string DisplayName { get; } = displayName;

    /// <summary>Called with every change of an instance.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState> UpdateState { get; } = updateState;

    public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; } = executeCommand;

    public string? DisplayDescription { get; } = displayDescription;

    [Obsolete("Use Arguments to describe invocation arguments and ExecuteCommandContext.Arguments to read them.")]
    public object? Parameter => ParameterValue;

    /// <summary>What the command is to be told, with the defaults.</summary>
    [Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
    public IReadOnlyList<InteractionInput> Arguments { get; } = arguments ?? [];

    /// <summary>Called before the command is executed, which it is not if errors were added.</summary>
    [Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
    public Func<InputsDialogValidationContext, Task>? ValidateArguments { get; } = validateArguments;

    /// <summary>A question to be answered before the command is executed.</summary>
    public string? ConfirmationMessage { get; } = confirmationMessage;

    /// <summary>A name from the Fluent UI icons.</summary>
    public string? IconName { get; } = iconName;

    public IconVariant? IconVariant { get; } = iconVariant;

    /// <summary>Whether the command has a button of its own, as opposed to an entry in a menu.</summary>
    public bool IsHighlighted { get; } = isHighlighted;

    /// <summary>Who is told of the command: the dashboard, and programs such as the CLI.</summary>
    public ResourceCommandVisibility Visibility { get; } = visibility;

    internal object? ParameterValue { get; }

    /// <summary>Whether the command is about the resource as a whole, whichever of its instances it is given to.</summary>
    internal bool IsForAllInstances { get; init; }
}

public enum IconVariant
{
    Regular = 0,
    Filled = 1,
}

public enum ResourceCommandState
{
    Enabled = 0,
    Disabled = 1,
    Hidden = 2,
}

[Flags]
public enum ResourceCommandVisibility
{
    None = 0,
    UI = 1,
    Api = 2,
}

/// <summary>The names of commands that resources have without being told to.</summary>
public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
    public static readonly string SetParameterCommand = "set-parameter";
    public static readonly string DeleteParameterCommand = "delete-parameter";
}

/// <summary>The instance whose commands are being looked at.</summary>
public sealed class UpdateCommandStateContext
{
    public required CustomResourceSnapshot ResourceSnapshot { get; init; }

    public required IServiceProvider ServiceProvider { get; init; }
}

public sealed class ExecuteCommandContext
{
    public required IServiceProvider ServiceProvider { get; init; }

    /// <summary>The instance: a replica has a name of its own.</summary>
    public required string ResourceName { get; init; }

    /// <summary>What was asked for, with the values that were given.</summary>
    public required InteractionInputCollection Arguments { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    /// <summary>Writes to the console log of the instance.</summary>
    public required ILogger Logger { get; init; }
}
