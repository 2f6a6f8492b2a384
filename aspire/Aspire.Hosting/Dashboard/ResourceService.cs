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
                var latest = new Dictionary<string, ResourceEvent>(StringComparer.OrdinalIgnoreCase);
                while (subscription.Changes.TryRead(out var change))
                {
                    latest[change.ResourceId] = change;
                }

                var changes = latest.Values.Select(change => new V1.WatchResourcesChange { Upsert = ResourceRow.From(change) });
                await responseStream.WriteAsync(new() { Changes = new() { Value = { changes } } }, cancellationToken).ConfigureAwait(false);
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
        var result = await commands.ExecuteCommandAsync(request.ResourceName, request.CommandName, context.CancellationToken).ConfigureAwait(false);
        return new()
        {
            Kind = result switch
            {
                { Success: true } => V1.ResourceCommandResponseKind.Succeeded,
                { Canceled: true } => V1.ResourceCommandResponseKind.Cancelled,
                _ => V1.ResourceCommandResponseKind.Failed,
            },
            Message = result.Message ?? "",
        };
    }

    /// <summary>Held open, since the dashboard asks again and again otherwise; there is nothing to say.</summary>
    public override Task WatchInteractions(
        IAsyncStreamReader<V1.WatchInteractionsRequestUpdate> requestStream,
        IServerStreamWriter<V1.WatchInteractionsResponseUpdate> responseStream,
        ServerCallContext context)
        => UntilStoppedAsync(context, async cancellationToken =>
        {
            await foreach (var _ in requestStream.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                // An answer to a question that was not asked.
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
