using System.Diagnostics;
using System.Globalization;

namespace FreeGpt4.ServiceDefaults.SelfChecks;

/// <summary>
/// How often in a row the service of this container was silent, in a file between one check and the next, and its end when that was too
/// often. Counted is from its first answer on: how long a start takes, others decide.
/// </summary>
internal static class HungService
{
    // What init is for a system the engine's own is for a container (init: true). The system lets nobody in the container end it.
    private const int Init = 1;

    private static readonly string File = Path.Combine(Path.GetTempPath(), "healthcheck");

    /// <summary>It has answered.</summary>
    public static void Forget() => Write(failures: 0);

    /// <summary>It was silent.</summary>
    public static async Task CountAsync(int most, string silence)
    {
        if (Read() is not { } before || Find() is not { } id || before.Service != Identity(id))
        {
            return;
        }

        var failures = before.Failures + 1;
        Write(failures);
        if (failures >= most)
        {
            await SayAsync($"{Environment.ProcessPath} is ended after {failures} health checks in a row that it did not answer, to be started again. {silence}");
            using var service = Process.GetProcessById(id);
            service.Kill();
        }
    }

    private static (string Service, int Failures)? Read()
    {
        try
        {
            return System.IO.File.ReadAllText(File).Split('\n') is [var service, var failures]
                ? (service, int.Parse(failures, CultureInfo.InvariantCulture))
                : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static void Write(int failures)
    {
        if (Find() is { } id)
        {
            System.IO.File.WriteAllText(File, string.Create(CultureInfo.InvariantCulture, $"{Identity(id)}\n{failures}"));
        }
    }

    // The same program as this one, and a child of init; what was started in the container besides, as this check, is not.
    private static int? Find()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId
                && Fields(id) is { } fields && int.Parse(fields[1], CultureInfo.InvariantCulture) == Init
                && System.IO.File.ResolveLinkTarget($"/proc/{id}/exe", returnFinalTarget: false)?.FullName == Environment.ProcessPath)
            {
                return id;
            }
        }

        return null;
    }

    // Ids are given again, the moment of a start is not.
    private static string Identity(int id) => $"{id} {Fields(id)?[19]}";

    /// <returns>What stands in /proc/ID/stat after the name, which may have anything in it: the state, the parent, and the 20th is the start.</returns>
    private static string[]? Fields(int id)
    {
        try
        {
            var stat = System.IO.File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // In the log of the container: what the check itself writes is in that of its health.
    private static async Task SayAsync(string line)
    {
        await using var log = new StreamWriter($"/proc/{Init}/fd/2");
        await log.WriteLineAsync(line);
    }
}
