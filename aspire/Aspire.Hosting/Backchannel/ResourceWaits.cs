using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Backchannel;

/// <summary>Waits for the CLI until a resource, with all its replicas, or one replica has come as far as wanted.</summary>
internal sealed class ResourceWaits(ResourceNotificationService notifications, IHostApplicationLifetime lifetime)
{
    public async Task<WaitResponse> WaitAsync(WaitRequest request, CancellationToken cancellationToken)
    {
        Func<CustomResourceSnapshot, bool>? isReached = request.Status switch
        {
            "healthy" => static snapshot => snapshot.HealthStatus == HealthStatus.Healthy,
            "up" => static snapshot => snapshot.State?.Text == KnownResourceStates.Running,
            "down" => ResourceNotificationService.IsTerminal,
            _ => null,
        };
        if (isReached is null)
        {
            return new(Success: false) { ErrorMessage = $"The status is '{request.Status}'; allowed is healthy, up or down." };
        }

        var missing = notifications.Named(request.ResourceName).Select(instance => instance.ResourceId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (missing.Count == 0)
        {
            return new(Success: false) { ResourceNotFound = true, ErrorMessage = $"There is no resource '{request.ResourceName}'." };
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(request.TimeoutSeconds));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token, lifetime.ApplicationStopping);
        try
        {
            return await WaitForAllAsync(missing, isReached, waitsForEnd: request.Status == "down", ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new(Success: false) { TimedOut = true, ErrorMessage = $"'{request.ResourceName}' was not {request.Status} within {request.TimeoutSeconds} s." };
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return new(Success: false) { ErrorMessage = "the AppHost stops" };
        }
    }

    private async Task<WaitResponse> WaitForAllAsync(
        HashSet<string> missing, Func<CustomResourceSnapshot, bool> isReached, bool waitsForEnd, CancellationToken cancellationToken)
    {
        var wanted = missing.ToHashSet(missing.Comparer);
        await foreach (var changed in notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            var snapshot = changed.Snapshot;
            if (!wanted.Contains(changed.ResourceId))
            {
                continue;
            }

            if (!isReached(snapshot))
            {
                missing.Add(changed.ResourceId);
                if (!waitsForEnd && ResourceNotificationService.IsTerminal(snapshot))
                {
                    return Response(success: false, snapshot) with
                    {
                        ErrorMessage = $"{changed.ResourceId} is {snapshot.State!.Text}{ResourceNotificationService.ExitCodeText(snapshot)}.",
                    };
                }
            }
            else if (missing.Remove(changed.ResourceId) && missing.Count == 0)
            {
                return Response(success: true, snapshot);
            }
        }

        throw new OperationCanceledException(cancellationToken);
    }

    private static WaitResponse Response(bool success, CustomResourceSnapshot snapshot)
        => new(success) { State = snapshot.State?.Text, HealthStatus = snapshot.HealthStatus?.ToString() };
}
