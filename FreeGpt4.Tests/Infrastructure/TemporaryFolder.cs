namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A folder of the test's own.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("freegpt4-tests-").FullName;

    public void Dispose()
    {
        LeakWatch.LookAtFiles(Path);
        Directory.Delete(Path, recursive: true);
    }
}
