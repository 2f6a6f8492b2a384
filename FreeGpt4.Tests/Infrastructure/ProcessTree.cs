namespace FreeGpt4.Tests.Infrastructure;

/// <summary>Processes of this machine as /proc shows them.</summary>
internal static class ProcessTree
{
    /// <summary>Everything that descends from a process, DCP's detached daemon and its children included, as "pid command line".</summary>
    public static IReadOnlyList<string> StartedBy(int appHostProcessId)
    {
        var processes = Snapshot();

        // DCP detaches itself from the AppHost, but is told whom to watch: `dcp start-apiserver --monitor <pid>`.
        var roots = processes.Values
            .Where(p => p.ParentId == appHostProcessId || p.CommandLine.Contains($"--monitor {appHostProcessId} ", StringComparison.Ordinal))
            .Select(p => p.Id);

        var found = new SortedDictionary<int, string>();
        var pending = new Stack<int>(roots);
        while (pending.TryPop(out var id))
        {
            if (found.TryAdd(id, processes[id].CommandLine))
            {
                foreach (var child in processes.Values.Where(p => p.ParentId == id))
                {
                    pending.Push(child.Id);
                }
            }
        }

        return [.. found.Select(p => $"{p.Key} {p.Value}")];
    }

    public static bool IsAlive(string process) => Snapshot().TryGetValue(int.Parse(process.Split(' ')[0]), out var now)
        && $"{now.Id} {now.CommandLine}" == process;

    private static Dictionary<int, (int Id, int ParentId, string CommandLine)> Snapshot()
    {
        var processes = new Dictionary<int, (int, int, string)>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var id))
            {
                continue;
            }

            try
            {
                var commandLine = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ');
                var stat = File.ReadAllText(Path.Combine(directory, "stat"));

                // "123 (name with ) in it) S 45 …": the state and the parent follow the last parenthesis; a zombie (Z) has ended.
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                if (fields[0] != "Z")
                {
                    processes[id] = (id, int.Parse(fields[1]), commandLine);
                }
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or IOException)
            {
                // It ended while it was being looked at.
                continue;
            }
        }

        return processes;
    }
}
