using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Orchestration;

/// <summary>The commands start, stop and restart of everything that runs as processes, each for one instance.</summary>
internal static class LifecycleCommands
{
    public static void AddTo(IResource resource)
    {
        resource.Annotations.Add(new ResourceCommandAnnotation(
            KnownResourceCommands.StartCommand, "Start", Start, Execute(static o => o.StartInstanceAsync, "Started"),
            "Start resource", parameter: null, confirmationMessage: null, "Play", IconVariant.Filled, isHighlighted: true));
        resource.Annotations.Add(new ResourceCommandAnnotation(
            KnownResourceCommands.StopCommand, "Stop", Stop, Execute(static o => o.StopInstanceAsync, "Stopped"),
            "Stop resource", parameter: null, confirmationMessage: null, "Stop", IconVariant.Filled, isHighlighted: true));
        resource.Annotations.Add(new ResourceCommandAnnotation(
            KnownResourceCommands.RestartCommand, "Restart", Restart, Execute(static o => o.RestartInstanceAsync, "Restarted"),
            "Restart resource. Source code is not recompiled.", parameter: null, confirmationMessage: null, "ArrowCounterclockwise",
            IconVariant.Regular, isHighlighted: false));
    }

    private static ResourceCommandState Start(UpdateCommandStateContext context) => context.ResourceSnapshot.State?.Text switch
    {
        null => ResourceCommandState.Disabled,
        var state when IsStarting(state) => ResourceCommandState.Disabled,
        var state when IsStopped(state) || IsWaiting(state) => ResourceCommandState.Enabled,
        _ => ResourceCommandState.Hidden,
    };

    private static ResourceCommandState Stop(UpdateCommandStateContext context) => context.ResourceSnapshot.State?.Text switch
    {
        null => ResourceCommandState.Hidden,
        var state when state == KnownResourceStates.Stopping => ResourceCommandState.Disabled,
        var state when IsStarting(state) || IsStopped(state) || IsWaiting(state) => ResourceCommandState.Hidden,
        _ => ResourceCommandState.Enabled,
    };

    private static ResourceCommandState Restart(UpdateCommandStateContext context)
        => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private static bool IsStarting(string state) => state == KnownResourceStates.Starting;

    private static bool IsWaiting(string state) => state == KnownResourceStates.Waiting;

    private static bool IsStopped(string state) => state == KnownResourceStates.NotStarted || KnownResourceStates.TerminalStates.Contains(state);

    private static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> Execute(
        Func<ApplicationOrchestrator, Func<string, Task>> operation, string done) => async context =>
        {
            var orchestrator = context.ServiceProvider.GetRequiredService<ApplicationOrchestrator>();

            // Not cancelled with the person's connection: a restart that has stopped a process also starts it again.
            await operation(orchestrator)(context.ResourceName).ConfigureAwait(false);
            return CommandResults.Success($"{done} {context.ResourceName}.");
        };
}
