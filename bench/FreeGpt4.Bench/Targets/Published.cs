namespace FreeGpt4.Bench.Targets;

/// <summary>The services as their images have them: published for Release, and compiled ahead (ReadyToRun). Made once, in <c>artifacts/bench</c>.</summary>
internal static class Published
{
    /// <summary>The top of the repository: artifacts/bin/FreeGpt4.Bench/release/ lies four levels below it.</summary>
    public static string Repository { get; } = Path.GetFullPath("../../../..", AppContext.BaseDirectory);

    /// <exception cref="TargetException">It could not be published; with what the build said.</exception>
    public static async Task MakeAsync(CancellationToken cancellationToken)
    {
        foreach (var project in (string[])["FreeGpt4.LlmApi", "FreeGpt4.Proxy"])
        {
            Console.WriteLine($"Publishing {project}.");
            await Tool.RunAsync(
                Repository,
                "dotnet",
                ["publish", project, "-c", "Release", "--use-current-runtime", "--no-self-contained", "-p:PublishReadyToRun=true", "-o", Folder(project)],
                cancellationToken);
        }
    }

    public static string Program(string project) => Path.Combine(Folder(project), project);

    private static string Folder(string project) => Path.Combine(Repository, "artifacts", "bench", project);
}
