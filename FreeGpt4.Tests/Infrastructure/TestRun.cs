using System.Runtime.CompilerServices;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>What holds for the whole run.</summary>
internal static class TestRun
{
    private static string? _folder;

    /// <summary>Where those are who were given no other.</summary>
    public static string Folder => _folder!;

    /// <summary>One that nothing is in; it goes with the run.</summary>
    public static string NewDataFolder() => Path.Combine(_folder!, Guid.NewGuid().ToString("N"));

    /// <summary>Whoever is started without a folder of its own finds none of this user's.</summary>
    [ModuleInitializer]
    internal static void GiveDataItsOwnFolder()
    {
        var folder = _folder = Directory.CreateTempSubdirectory("freegpt4-tests-run-").FullName;
        Environment.SetEnvironmentVariable("DATA_DIR", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
