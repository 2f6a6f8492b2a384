using FreeGpt4.Bench.Targets;
using FreeGpt4.Bench.Upstream;

namespace FreeGpt4.Bench;

/// <summary>What a scenario works with: the upstream that runs, a folder for what targets keep, and the results.</summary>
internal sealed class Workbench : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("freegpt4-bench-");
    private readonly List<Target> _targets = [];
    private readonly ServerProcess _upstream;

    private Workbench(BenchOptions options, Services services, ServerProcess upstream)
    {
        Options = options;
        Services = services;
        _upstream = upstream;
    }

    public BenchOptions Options { get; }

    public Services Services { get; }

    public Results Results { get; } = new();

    public Uri Upstream => _upstream.Address;

    public static async Task<Workbench> StartAsync(BenchOptions options, CancellationToken cancellationToken) => new(
        options,
        await Services.PrepareAsync(options, cancellationToken),
        await ServerProcess.StartAsync(MockUpstream.Start, "/health", cancellationToken));

    public string NewFolder() => _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;

    /// <summary>Stops it with the workbench, unless the scenario has done so before.</summary>
    public Target Keep(Target target)
    {
        _targets.Add(target);
        return target;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var target in Enumerable.Reverse(_targets))
        {
            await target.DisposeAsync();
        }

        await _upstream.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
