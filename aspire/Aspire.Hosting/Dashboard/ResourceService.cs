using Aspire.Hosting.ApplicationModel;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Dashboard;

/// <summary>Tells the dashboard of the resources as they change, gives it their console logs, and executes commands for it.</summary>
/// <param name="lifetime">Of the server, which stops when everything that it tells of has stopped.</param>
internal sealed class ResourceService(
    DashboardSettings settings,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    ResourceCommandService commands,
    DashboardQuestions questions,
    IHostApplicationLifetime lifetime) : V1.DashboardService.DashboardServiceBase
{
    private const string OldestDashboard = "13.5.0";

    // A message may have 4 MB; a character has up to 3 bytes.
    private const int CharactersPerMessage = 1_000_000;

    public override Task<V1.ApplicationInformationResponse> GetApplicationInformation(V1.ApplicationInformationRequest request, ServerCallContext context)
        => Task.FromResult(new V1.ApplicationInformationResponse { ApplicationName = settings.ApplicationName, MinDashboardVersion = OldestDashboard });

    public override Task WatchResources(
        V1.WatchResourcesRequest request, IServerStreamWriter<V1.WatchResourcesUpdate> responseStream, ServerCallContext context)
        => UntilStoppedAsync(context, async cancellationToken =>
        {
            using var subscription = notifications.Subscribe();
            await responseStream.WriteAsync(
                new() { InitialData = new() { Resources = { subscription.Known.Select(ResourceRow.From) } } }, cancellationToken).ConfigureAwait(false);

            while (await subscription.Changes.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                // A slow reader gets the latest of each, not everything in between.
                var latest = new Dictionary<string, ResourceChange>(StringComparer.OrdinalIgnoreCase);
                while (subscription.Changes.TryRead(out var change))
                {
                    latest[change.Event.ResourceId] = change;
                }

                var changes = new V1.WatchResourcesChanges { Value = { latest.Values.Select(ResourceRow.From) } };
                await responseStream.WriteAsync(new() { Changes = changes }, cancellationToken).ConfigureAwait(false);
            }
        });

    public override Task WatchResourceConsoleLogs(
        V1.WatchResourceConsoleLogsRequest request, IServerStreamWriter<V1.WatchResourceConsoleLogsUpdate> responseStream, ServerCallContext context)
        => UntilStoppedAsync(context, async cancellationToken =>
        {
            if (!notifications.TryGetCurrentState(request.ResourceName, out var instance))
            {
                throw new RpcException(new Status(StatusCode.NotFound, $"There is no resource instance '{request.ResourceName}'."));
            }

            var batches = request.SuppressFollow ? logs.GetAllAsync(instance.ResourceId) : logs.WatchAsync(instance.ResourceId);
            await foreach (var lines in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                foreach (var update in Updates(lines))
                {
                    await responseStream.WriteAsync(update, cancellationToken).ConfigureAwait(false);
                }
            }
        });

    public override async Task<V1.ResourceCommandResponse> ExecuteResourceCommand(V1.ResourceCommandRequest request, ServerCallContext context)
    {
        IReadOnlyDictionary<string, string?>? values = CommandMessages.Values(request);
        if (values.Count == 0 && !request.NonInteractive && questions.IsWatched
            && commands.Find(request.ResourceName, request.CommandName) is { Arguments.Count: > 0 } command)
        {
            values = await questions.AskAsync(command, commands.Services, context.CancellationToken).ConfigureAwait(false);
        }

        return CommandMessages.From(values is null
            ? CommandResults.Canceled()
            : await commands.ExecuteAsync(request.ResourceName, request.CommandName, values, context.CancellationToken).ConfigureAwait(false));
    }

    public override Task WatchInteractions(
        IAsyncStreamReader<V1.WatchInteractionsRequestUpdate> requestStream,
        IServerStreamWriter<V1.WatchInteractionsResponseUpdate> responseStream,
        ServerCallContext context)
        => UntilStoppedAsync(context, async cancellationToken =>
        {
            using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var telling = questions.WatchAsync(update => responseStream.WriteAsync(update, left.Token), left.Token);
            try
            {
                await foreach (var update in requestStream.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                {
                    questions.Answer(update);
                }
            }
            finally
            {
                await left.CancelAsync().ConfigureAwait(false);
                await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });

    private static IEnumerable<V1.WatchResourceConsoleLogsUpdate> Updates(IReadOnlyList<LogLine> lines)
    {
        var update = new V1.WatchResourceConsoleLogsUpdate();
        var characters = 0;
        foreach (var line in lines)
        {
            var text = line.Content.Length > CharactersPerMessage ? line.Content[..CharactersPerMessage] : line.Content;
            if (characters + text.Length > CharactersPerMessage)
            {
                yield return update;
                update = new();
                characters = 0;
            }

            characters += text.Length;
            update.LogLines.Add(new V1.ConsoleLogLine { Text = text, IsStdErr = line.IsErrorMessage, LineNumber = line.LineNumber });
        }

        if (update.LogLines.Count > 0)
        {
            yield return update;
        }
    }

    private async Task UntilStoppedAsync(ServerCallContext context, Func<CancellationToken, Task> serve)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await serve(either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException && either.IsCancellationRequested)
        {
            // The dashboard has left, or everything has stopped: a stream has no other end.
        }
    }
}
