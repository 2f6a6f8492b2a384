namespace FreeGpt4.Bench.Targets;

/// <summary>What is measured, under the name that the report gives it.</summary>
/// <param name="Server">Ends with it; <c>null</c> when it is somebody else's.</param>
internal sealed record Target(string Name, Uri Address, ServerProcess? Server) : IAsyncDisposable
{
    public static async Task<Target> StartAsync(
        string name, Func<int, System.Diagnostics.ProcessStartInfo> start, CancellationToken cancellationToken)
    {
        var server = await ServerProcess.StartAsync(start, "/health", cancellationToken);
        return new(name, server.Address, server);
    }

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
