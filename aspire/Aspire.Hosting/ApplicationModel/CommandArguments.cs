using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What a command is told by those who give it.</summary>
internal static class CommandArguments
{
    /// <summary>The arguments of a command with the values that were given, or else their defaults.</summary>
    /// <param name="values">By name, as text; letter case of the names does not matter.</param>
    /// <returns>The arguments, and what is wrong with them.</returns>
    public static async Task<(InteractionInputCollection Arguments, IReadOnlyList<(string Argument, string Error)> Errors)> ReadAsync(
        ResourceCommandAnnotation command, IReadOnlyDictionary<string, string?> values, IServiceProvider services, CancellationToken cancellationToken)
    {
        var given = new Dictionary<string, string?>(values, StringComparer.OrdinalIgnoreCase);
        var arguments = new InteractionInputCollection([.. command.Arguments.Select(input => With(input, given))]);
        var known = command.Arguments.Count == 0 ? "it has none" : $"it has {string.Join(", ", arguments.Names)}";
        var errors = given.Keys.Where(name => !arguments.ContainsName(name)).Select(name => (name, $"The command has no such argument; {known}."))
            .Concat(arguments.Where(argument => Error(argument) is not null).Select(argument => (argument.Name, Error(argument)!)))
            .ToList();
        if (errors.Count == 0 && command.ValidateArguments is { } validate)
        {
            var context = new InputsDialogValidationContext { Inputs = arguments, Services = services, CancellationToken = cancellationToken };
            await validate(context).ConfigureAwait(false);
            errors.AddRange(context.Errors);
        }

        return (arguments, errors);
    }

    private static InteractionInput With(InteractionInput input, Dictionary<string, string?> given) => new()
    {
        Name = input.Name,
        Label = input.Label,
        Description = input.Description,
        EnableDescriptionMarkdown = input.EnableDescriptionMarkdown,
        InputType = input.InputType,
        Required = input.Required,
        Options = input.Options,
        Placeholder = input.Placeholder,
        AllowCustomChoice = input.AllowCustomChoice,
        Disabled = input.Disabled,
        MaxLength = input.MaxLength,
        Value = !input.Disabled && given.TryGetValue(input.Name, out var value) ? value : input.Value,
    };

    private static string? Error(InteractionInput argument) => argument switch
    {
        { Value: null or "" } => argument.Required ? "A value is needed." : null,
        { InputType: InputType.Number, Value: var value } when !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            => $"'{value}' is not a number.",
        { InputType: InputType.Boolean, Value: var value } when !bool.TryParse(value, out _) => $"'{value}' is neither true nor false.",
        { InputType: InputType.Choice, AllowCustomChoice: false, Options: { } options, Value: var value } when options.All(option => option.Key != value)
            => $"'{value}' is none of {string.Join(", ", options.Select(option => option.Key))}.",
        { MaxLength: { } most, Value: var value } when value.Length > most => $"More than {most} characters.",
        _ => null,
    };
}
