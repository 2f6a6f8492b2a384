using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Orchestration;

/// <summary>The command <c>scale</c>, which the packages do not have: how many replicas of a project there are while it runs.</summary>
internal static class ScaleCommand
{
    public const string Name = "scale";

    private const string Replicas = "replicas";

    // Against a slip of the finger: each is a process of about 100 MB.
    private const int Most = 64;

    /// <summary>Whether the replicas of a resource can be more or fewer: it was asked for replicas, and all its endpoints can serve several.</summary>
    public static bool CanBeGivenTo(IResource resource)
        => resource is ProjectResource
            && resource.HasAnnotationOfType<ReplicaAnnotation>()
            && resource.Annotations.OfType<EndpointAnnotation>().All(endpoint => endpoint.IsProxied && (endpoint.TargetPort is null || resource.GetReplicaCount() > 1));

    public static void AddTo(ReplicaSet replicas)
    {
        var count = new InteractionInput
        {
            Name = Replicas,
            Label = "Replicas",

            // The dashboard marks a wrong number, and does not say what is wrong with it.
            Description = $"From 1 to {Most}.",
            InputType = InputType.Number,
            Required = true,
            Value = Text(replicas.Instances.Length),
        };
        replicas.Resource.Annotations.Add(new ResourceCommandAnnotation(
            Name, "Scale", State, context => ExecuteAsync(context, replicas, count), "Run more or fewer replicas, until the application stops.",
            [count], confirmationMessage: null, "ArrowMaximizeVertical", IconVariant.Regular, isHighlighted: false, validateArguments: Validate)
        {
            IsForAllInstances = true,
        });
    }

    private static ResourceCommandState State(UpdateCommandStateContext context)
        => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private static Task Validate(InputsDialogValidationContext context)
    {
        if (!int.TryParse(context.Inputs.GetString(Replicas), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > Most)
        {
            context.AddValidationError(Replicas, $"'{context.Inputs.GetString(Replicas)}' is not a whole number from 1 to {Most}.");
        }

        return Task.CompletedTask;
    }

    private static async Task<ExecuteCommandResult> ExecuteAsync(ExecuteCommandContext context, ReplicaSet replicas, InteractionInput count)
    {
        // Not cancelled with the person's connection, so that nothing is left half done.
        count.Value = context.Arguments.GetString(Replicas);
        await context.ServiceProvider.GetRequiredService<ApplicationOrchestrator>().ScaleAsync(replicas, context.Arguments.GetInt32(Replicas)).ConfigureAwait(false);
        return CommandResults.Success($"{replicas.Resource.Name} has {replicas.Instances.Length} replicas.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
