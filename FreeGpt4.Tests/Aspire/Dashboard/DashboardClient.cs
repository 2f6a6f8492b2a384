using System.Runtime.CompilerServices;
using Aspire.Hosting.Dashboard.V1;
using FreeGpt4.Tests.Infrastructure;
using Grpc.Core;
using Grpc.Net.Client;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>Asks an AppHost for its resources as the dashboard does.</summary>
internal sealed class DashboardClient : IDisposable
{
    public const string KeyHeader = "x-resource-service-api-key";

    private readonly GrpcChannel _channel;
    private readonly CallOptions _options;

    public DashboardClient(string url, params string[] keys)
    {
        _channel = GrpcChannel.ForAddress(url, new() { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
        Service = new(_channel);

        var headers = new Metadata();
        foreach (var key in keys)
        {
            headers.Add(KeyHeader, key);
        }

        // The AppHost may be about to start.
        _options = new CallOptions(headers).WithWaitForReady();
    }

    public DashboardService.DashboardServiceClient Service { get; }

    public CallOptions Options(CancellationToken cancellationToken) => _options.WithCancellationToken(cancellationToken);

    /// <summary>All rows, each time that one of them has changed.</summary>
    public async IAsyncEnumerable<IReadOnlyDictionary<string, Resource>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, Resource>();
        using var call = Service.WatchResources(new(), Options(cancellationToken));
        await foreach (var update in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            foreach (var row in update.InitialData?.Resources ?? [])
            {
                rows[row.Name] = row;
            }

            foreach (var change in update.Changes?.Value ?? [])
            {
                if (change.Delete is { } gone)
                {
                    rows.Remove(gone.ResourceName);
                }
                else
                {
                    rows[change.Upsert.Name] = change.Upsert;
                }
            }

            yield return new Dictionary<string, Resource>(rows);
        }
    }

    /// <summary>The rows as soon as they satisfy a condition.</summary>
    /// <exception cref="TimeoutException">They did not within the limit; the message shows what they were.</exception>
    public async Task<IReadOnlyDictionary<string, Resource>> WaitForAsync(
        Func<IReadOnlyDictionary<string, Resource>, bool> condition, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Patience.Limit);
        IReadOnlyDictionary<string, Resource> last = new Dictionary<string, Resource>();
        try
        {
            await foreach (var rows in WatchAsync(limited.Token))
            {
                last = rows;
                if (condition(rows))
                {
                    return rows;
                }
            }
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Join('\n', last.Values.Select(row => $"{row.Name}: {row.State} {row.HealthReports}")), exception);
        }

        throw new InvalidOperationException("The AppHost ended the stream.");
    }

    /// <summary>One row as soon as it satisfies a condition.</summary>
    public async Task<Resource> WaitForAsync(string name, Func<Resource, bool> condition, CancellationToken cancellationToken)
        => (await WaitForAsync(rows => rows.TryGetValue(name, out var row) && condition(row), cancellationToken))[name];

    public Task<Resource> WaitUntilHealthyAsync(string name, CancellationToken cancellationToken)
        => WaitForAsync(name, row => row.State == "Running" && row.Property("resource.healthState") == "Healthy", cancellationToken);

    public async Task<ResourceCommandResponse> ExecuteAsync(string command, Resource row, CancellationToken cancellationToken)
        => await Service.ExecuteResourceCommandAsync(
            new() { CommandName = command, ResourceName = row.Name, ResourceType = row.ResourceType }, Options(cancellationToken));

    public async IAsyncEnumerable<ConsoleLogLine> LogAsync(string name, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = Service.WatchResourceConsoleLogs(new() { ResourceName = name, SuppressFollow = !follow }, Options(cancellationToken));
        await foreach (var update in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            foreach (var line in update.LogLines)
            {
                yield return line;
            }
        }
    }

    /// <summary>Follows a log up to the first line that holds a text.</summary>
    public async Task<ConsoleLogLine> WaitForLineAsync(string name, string text, int afterLine, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Patience.Limit);
        await foreach (var line in LogAsync(name, follow: true, limited.Token))
        {
            if (line.LineNumber > afterLine && line.Text.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The log of {name} ended without '{text}'.");
    }

    public void Dispose() => _channel.Dispose();
}

internal static class ResourceRows
{
    /// <summary>A property as text; null when it is absent or null.</summary>
    public static string? Property(this Resource row, string name)
    {
        var value = row.Properties.SingleOrDefault(p => p.Name == name)?.Value;
        return value switch
        {
            null or { HasNullValue: true } => null,
            { HasStringValue: true } => value.StringValue,
            { HasNumberValue: true } => $"{value.NumberValue}",
            _ => string.Join(' ', value.ListValue.Values.Select(v => v.StringValue)),
        };
    }

    public static ResourceCommandState CommandState(this Resource row, string command) => row.Commands.Single(c => c.Name == command).State;
}
