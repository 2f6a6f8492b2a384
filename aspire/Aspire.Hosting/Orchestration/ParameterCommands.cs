using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The commands by which people set and unset a parameter.</summary>
internal static class ParameterCommands
{
    private const string Value = "Value";
    private const string Save = "SaveToUserSecrets";
    private const string Forget = "DeleteFromUserSecrets";

    /// <param name="canSave">Whether the AppHost has user secrets.</param>
    public static void AddTo(ParameterResource parameter, ParameterValues values, bool canSave)
    {
        parameter.Annotations.Add(new ResourceCommandAnnotation(
            KnownResourceCommands.SetParameterCommand, "Set parameter", _ => ResourceCommandState.Enabled,
            async context =>
            {
                await values.SetAsync(parameter, context.Arguments.GetString(Value)!, IsTrue(context, Save)).ConfigureAwait(false);
                return CommandResults.Success($"{parameter.Name} has a value. What runs gets it when it is started again.");
            },
            "Give the parameter a value. What runs gets it when it is started again.",
            [
                new InteractionInput
                {
                    Name = Value,
                    Label = parameter.Name,
                    InputType = parameter.Secret ? InputType.SecretText : InputType.Text,
                    Description = parameter.Description,
                    EnableDescriptionMarkdown = parameter.EnableDescriptionMarkdown,
                    Required = true,
                },
                Box(Save, "Keep it in the user secrets", canSave),
            ],
            confirmationMessage: null, "Key", IconVariant.Regular, isHighlighted: true));

        parameter.Annotations.Add(new ResourceCommandAnnotation(
            KnownResourceCommands.DeleteParameterCommand, "Delete parameter",
            _ => parameter.IsMissing ? ResourceCommandState.Hidden : ResourceCommandState.Enabled,
            async context =>
            {
                await values.UnsetAsync(parameter, IsTrue(context, Forget)).ConfigureAwait(false);
                return CommandResults.Success($"{parameter.Name} has no value. What needs it waits for one when it is started again.");
            },
            "Take the value away. What needs it waits for another when it is started again.",
            [Box(Forget, "Delete it from the user secrets too", canSave)],
            confirmationMessage: null, "Delete", IconVariant.Regular, isHighlighted: false));
    }

    private static InteractionInput Box(string name, string label, bool canSave) => new()
    {
        Name = name,
        Label = label,
        InputType = InputType.Boolean,
        Disabled = !canSave,
        Description = canSave ? null : ParameterValues.NoSecrets,
    };

    private static bool IsTrue(ExecuteCommandContext context, string name) => bool.TryParse(context.Arguments.GetString(name), out var isTrue) && isTrue;
}
