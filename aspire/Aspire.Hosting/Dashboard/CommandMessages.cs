using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Google.Protobuf.WellKnownTypes;

namespace Aspire.Hosting.Dashboard;

/// <summary>Commands, what they are told and how they went, as the dashboard writes them.</summary>
internal static class CommandMessages
{
    public static V1.ResourceCommand From(ResourceCommandSnapshot command)
    {
        var message = new V1.ResourceCommand
        {
            Name = command.Name,
            DisplayName = command.DisplayName,
            DisplayDescription = command.DisplayDescription ?? "",
            ConfirmationMessage = command.ConfirmationMessage ?? "",
            IconName = command.IconName ?? "",
            IsHighlighted = command.IsHighlighted,
            State = command.State switch
            {
                ResourceCommandState.Disabled => V1.ResourceCommandState.Disabled,
                ResourceCommandState.Hidden => V1.ResourceCommandState.Hidden,
                _ => V1.ResourceCommandState.Enabled,
            },
        };
        if (command.IconVariant is { } variant)
        {
            message.IconVariant = From(variant);
        }

        message.ArgumentInputs.AddRange(command.Arguments.Select(From));
        return message;
    }

    public static V1.IconVariant From(IconVariant variant) => variant == IconVariant.Filled ? V1.IconVariant.Filled : V1.IconVariant.Regular;

    /// <summary>The arguments that a person gave, as text.</summary>
    public static Dictionary<string, string?> Values(V1.ResourceCommandRequest request) => request.Arguments.ToDictionary(
        argument => argument.Key,
        argument => argument.Value.KindCase switch
        {
            Value.KindOneofCase.StringValue => argument.Value.StringValue,
            Value.KindOneofCase.NumberValue => argument.Value.NumberValue.ToString(CultureInfo.InvariantCulture),
            Value.KindOneofCase.BoolValue => argument.Value.BoolValue ? "true" : "false",
            _ => null,
        });

    public static V1.ResourceCommandResponse From(ExecuteCommandResult result)
    {
        var response = new V1.ResourceCommandResponse
        {
            Kind = result switch
            {
                { Success: true } => V1.ResourceCommandResponseKind.Succeeded,
                { Canceled: true } => V1.ResourceCommandResponseKind.Cancelled,
                { InvalidArguments.Count: > 0 } => V1.ResourceCommandResponseKind.InvalidArguments,
                _ => V1.ResourceCommandResponseKind.Failed,
            },
            Message = result.Message ?? "",
        };
        if (result.Data is { } data)
        {
            response.Result = new()
            {
                Value = data.Value,
                DisplayImmediately = data.DisplayImmediately,
                Format = data.Format switch
                {
                    CommandResultFormat.Json => V1.CommandResultFormat.Json,
                    CommandResultFormat.Markdown => V1.CommandResultFormat.Markdown,
                    _ => V1.CommandResultFormat.Text,
                },
            };
        }

        return response;
    }

    public static V1.InteractionInput From(InteractionInput input)
    {
        var message = new V1.InteractionInput
        {
            Name = input.Name,
            Label = input.Label,
            Placeholder = input.Placeholder ?? "",
            Description = input.Description ?? "",
            EnableDescriptionMarkdown = input.EnableDescriptionMarkdown,
            Required = input.Required,
            Value = input.Value ?? "",
            Disabled = input.Disabled,
            AllowCustomChoice = input.AllowCustomChoice,
            MaxLength = input.MaxLength ?? 0,
            InputType = input.InputType switch
            {
                InputType.Text => V1.InputType.Text,
                InputType.SecretText => V1.InputType.SecretText,
                InputType.Choice => V1.InputType.Choice,
                InputType.Boolean => V1.InputType.Boolean,
                InputType.Number => V1.InputType.Number,
                _ => throw new ArgumentOutOfRangeException(nameof(input), input.InputType, "There is no such type of input."),
            },
        };
        foreach (var (value, text) in input.Options ?? [])
        {
            message.Options[value] = text;
        }

        return message;
    }
}
