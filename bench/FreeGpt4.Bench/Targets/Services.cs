namespace FreeGpt4.Bench.Targets;

/// <summary>
/// The services as their images have them: published for Release, and compiled ahead (ReadyToRun), in <c>artifacts/bench</c>. Or those that were
/// built beside this program, where that is asked for.
/// </summary>
internal sealed class Services
{
    private static readonly string[] Projects = ["FreeGpt4.LlmApi", "FreeGpt4.Proxy"];

    private readonly Func<string, string> _folder;

    private Services(Func<string, string> folder) => _folder = folder;

    /// <summary>The top of the repository: artifacts/bin/FreeGpt4.Bench/release/ lies four levels below it.</summary>
    public static string Repository { get; } = Path.GetFullPath("../../../..", AppContext.BaseDirectory);

    /// <exception cref="TargetException">They could not be published; with what the build said.</exception>
    public static async Task<Services> PrepareAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        if (options.AsBuilt)
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return new(project => Path.Combine(own.Parent!.Parent!.FullName, project, own.Name));
        }

        var services = new Services(project => Path.Combine(Repository, "artifacts", "bench", project));
        foreach (var project in Projects)
        {
            Console.WriteLine($"Publishing {project}.");
            await Tool.RunAsync(
                Repository,
                "dotnet",
                ["publish", project, "-c", "Release", "--use-current-runtime", "--no-self-contained", "-p:PublishReadyToRun=true", "-o", services._folder(project)],
                cancellationToken);
        }

        return services;
    }

    public string Program(string project) => Path.Combine(_folder(project), project);
}
