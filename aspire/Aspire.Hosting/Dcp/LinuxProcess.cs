using System.Globalization;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// A process that need not be a child of ours. Its start time is part of what it is, so that another process which has got the same id
/// later is never taken for it.
/// </summary>
/// <remarks><see href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"/></remarks>
internal sealed record LinuxProcess(int Id, int ParentId, int SessionId, ulong StartTime)
{
    private const int SignalTerminate = 15;
    private const int SignalKill = 9;

    public bool IsAlive => Equals(TryFind(Id));

    // An orphan has another parent, but is the same process.
    public bool Equals(LinuxProcess? other) => other is not null && other.Id == Id && other.StartTime == StartTime;

    public override int GetHashCode() => HashCode.Combine(Id, StartTime);

    public static LinuxProcess? TryFind(int id)
    {
        // 4711 (a name (or so)) S <parent> <group> <session> … <start time, the 22nd field>
        if (TryRead($"/proc/{id}/stat") is not { } stat)
        {
            return null;
        }

        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var startTime = ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        return HasEnded(id, fields[0]) ? null : new(id, Number(fields[1]), Number(fields[3]), startTime);
    }

    public static IReadOnlyList<LinuxProcess> All() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), out var id) ? TryFind(id) : null)
            .OfType<LinuxProcess>(),
    ];

    /// <returns><paramref name="roots"/> first, then their children, and theirs.</returns>
    public static IReadOnlyList<LinuxProcess> Trees(IEnumerable<LinuxProcess> roots, IReadOnlyList<LinuxProcess> all)
    {
        List<LinuxProcess> found = [.. roots];
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(all.Where(process => process.ParentId == found[i].Id && !found.Contains(process)));
        }

        return found;
    }

    /// <returns>The program and its arguments; empty when the process has ended.</returns>
    public IReadOnlyList<string> CommandLine() => TryRead($"/proc/{Id}/cmdline")?.Split('\0') ?? [];

    public void Terminate() => Send(SignalTerminate);

    public void Kill() => Send(SignalKill);

    private void Send(int signal)
    {
        if (IsAlive)
        {
            // Fails when the process has ended meanwhile, which is what was wanted.
            _ = NativeKill(Id, signal);
        }
    }

    // A zombie has ended, but its ports are closed only when its last thread has gone, which may be later than its first.
    private static bool HasEnded(int id, string state)
    {
        try
        {
            return state is "X" || (state is "Z" && Directory.EnumerateDirectories($"/proc/{id}/task").Count() <= 1);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeKill(int processId, int signal);
}
