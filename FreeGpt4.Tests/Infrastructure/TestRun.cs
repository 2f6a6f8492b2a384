using System.Runtime.CompilerServices;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>What holds for the whole run.</summary>
internal static class TestRun
{
    /// <summary>Whoever is started without a folder of its own finds none of this user's.</summary>
    [ModuleInitializer]
    internal static void GiveDataItsOwnFolder()
    {
        var folder = Directory.CreateTempSubdirectory("freegpt4-tests-run-").FullName;
        Environment.SetEnvironmentVariable("DATA_DIR", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
