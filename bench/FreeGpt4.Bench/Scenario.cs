using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench;

/// <summary>What is compared in one run. The first target is what the others are compared with.</summary>
internal sealed class Scenario : IAsyncDisposable
{
    public const string Edges = "edges";
    public const string Usage = "usage";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("freegpt4-bench-");

    private Scenario()
    {
    }

    public static IReadOnlyList<string> Names { get; } = [Edges, Usage];

    public List<Target> Targets { get; } = [];

    /// <param name="upstream">The address of the <see cref="MockReplica"/>.</param>
    public static async Task<Scenario> StartAsync(BenchOptions options, Uri upstream, CancellationToken cancellationToken)
    {
        var scenario = new Scenario();
        try
        {
            await (options.Scenario is Usage
                ? scenario.AddUsageAsync(upstream, cancellationToken)
                : scenario.AddEdgesAsync(options.Nginx, upstream, cancellationToken));
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var target in Targets)
        {
            await target.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>What each edge costs over a direct call.</summary>
    private async Task AddEdgesAsync(string? nginx, Uri replica, CancellationToken cancellationToken)
    {
        Targets.Add(new("direct", replica, Server: null));
        if (nginx is not null)
        {
            Targets.Add(await Target.StartAsync("nginx", port => NginxTarget.Start(nginx, port, replica), cancellationToken));
        }
        else
        {
            Console.WriteLine("No nginx on the PATH: it is left out.");
        }

        Targets.Add(await Target.StartAsync("FreeGpt4.Proxy", port => ProxyTarget.Start(port, replica), cancellationToken));
    }

    /// <summary>What it costs a replica to write down what requests came to.</summary>
    private async Task AddUsageAsync(Uri upstream, CancellationToken cancellationToken)
    {
        foreach (var (name, isEnabled) in ((string, string)[])[("usage off", "false"), ("usage on", "true")])
        {
            var data = _folder.CreateSubdirectory(name).FullName;
            Targets.Add(await Target.StartAsync(
                name, port => LlmApiTarget.Start(port, upstream, data, ("ENABLE_USAGE_LOGGING", isEnabled)), cancellationToken));
        }
    }
}
