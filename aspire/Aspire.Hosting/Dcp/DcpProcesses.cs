namespace Aspire.Hosting.Dcp;

/// <summary>The processes of one run of DCP: its own, found by the kubeconfig in their command lines, and what they have started.</summary>
internal sealed class DcpProcesses(string kubeconfig)
{
    private readonly HashSet<LinuxProcess> _known = [];

    /// <summary>Serves the API. Detached, so no child of ours.</summary>
    public LinuxProcess? Server { get; private set; }

    /// <summary>Starts and stops the resources, which are its children; a child of <see cref="Server"/> that follows it shortly.</summary>
    public LinuxProcess? Controllers { get; private set; }

    /// <summary>A file outside the session's folder, through which the two talk.</summary>
    public string? NotificationSocket { get; private set; }

    public IReadOnlyCollection<LinuxProcess> Alive
    {
        get
        {
            lock (_known)
            {
                return [.. _known.Where(process => process.IsAlive)];
            }
        }
    }

    /// <summary>Takes in the processes that have come since the last time.</summary>
    public void Look()
    {
        lock (_known)
        {
            var all = LinuxProcess.All();
            Find(all);
            _known.UnionWith(LinuxProcess.Trees(all.Where(IsRoot), all));
        }
    }

    // What the controllers have started stays in their session when they have ended and it is below them no longer.
    private bool IsRoot(LinuxProcess process) =>
        process.Equals(Server) || process.Equals(Controllers) || process.SessionId == Controllers?.Id;

    private void Find(IReadOnlyList<LinuxProcess> all)
    {
        if (Controllers is not null)
        {
            return;
        }

        foreach (var process in all.OrderBy(process => process.StartTime))
        {
            var commandLine = process.CommandLine();
            // dcp start-apiserver --monitor 5396 --kubeconfig <file> …; the one with --detach only starts this one.
            if (!commandLine.Contains(kubeconfig) || commandLine.Contains("--detach"))
            {
                continue;
            }

            if (commandLine.Contains("run-controllers"))
            {
                Controllers = process;
                NotificationSocket = ValueOf(commandLine, "--notification-socket");
            }
            else
            {
                // A new process shows its parent's command line at first: only the oldest is the server.
                Server ??= process;
            }
        }
    }

    private static string? ValueOf(IReadOnlyList<string> commandLine, string option) =>
        commandLine.SkipWhile(argument => argument != option).ElementAtOrDefault(1);
}
