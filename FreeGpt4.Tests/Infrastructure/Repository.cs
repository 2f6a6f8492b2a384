namespace FreeGpt4.Tests.Infrastructure;

/// <summary>The folder that all of this is built from.</summary>
internal static class Repository
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "FreeGpt4.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below the repository.");
        }

        return folder.FullName;
    }
}
