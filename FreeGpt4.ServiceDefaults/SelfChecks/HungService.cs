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

    /// <param name="wasSilent">Whether it gave no answer this time.</param>
    /// <param name="line">What there is to say about it.</param>
    public static async Task NoteAsync(bool wasSilent, int mostFailures, string line)
    {
        if (Find() is not { } id)
        {
            return;
        }

        var service = Identity(id);
        if (!wasSilent)
        {
            Write(service, failures: 0);
            return;
        }

        if (Read() is not { } before || before.Service != service)
        {
            return;
        }

        var failures = before.Failures + 1;
        Write(service, failures);
        if (failures >= mostFailures)
        {
            await SayAsync($"{Environment.ProcessPath} is ended after {failures} health checks in a row that it did not answer, to be started again. {line}");
            using var hung = Process.GetProcessById(id);
            hung.Kill();
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

    private static void Write(string service, int failures) =>
        System.IO.File.WriteAllText(File, string.Create(CultureInfo.InvariantCulture, $"{service}\n{failures}"));

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
                && Program(id) == Environment.ProcessPath)
            {
                return id;
            }
        }

        return null;
    }

    // Ids are given again, the moment of a start is not.
    private static string Identity(int id) => $"{id} {Fields(id)?[19]}";

    /// <returns>What stands in /proc/ID/stat after the name, which may have anything in it: the state, the parent, and the 20th is the start.</returns>
    private static string[]? Fields(int id) => OfProcess(() =>
    {
        var stat = System.IO.File.ReadAllText($"/proc/{id}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    });

    private static string? Program(int id) =>
        OfProcess(() => System.IO.File.ResolveLinkTarget($"/proc/{id}/exe", returnFinalTarget: false)?.FullName);

    /// <returns>Nothing of a process that has ended meanwhile, or is another user's.</returns>
    private static T? OfProcess<T>(Func<T?> read) where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // In the log of the container: what the check itself writes is in that of its health.
    private static async Task SayAsync(string line)
    {
        try
        {
            await using var log = new StreamWriter($"/proc/{Init}/fd/2");
            await log.WriteLineAsync(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Out.WriteLineAsync($"{line} (The log of the container cannot be written to: {e.Message})");
        }
    }
}
