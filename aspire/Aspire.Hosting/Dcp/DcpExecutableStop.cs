namespace Aspire.Hosting.Dcp;

/// <summary>Stops processes and waits for them to have ended, which DCP's API tells only half a second later.</summary>
internal sealed class DcpExecutableStop(DcpClient client, DcpProcesses processes, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly HashSet<LinuxProcess> _terminated = [];

    public async Task RunAsync(Func<DcpExecutable, bool> which, CancellationToken cancellationToken)
    {
        List<DcpExecutable> executables = [.. (await client.ListAsync<DcpExecutable>(cancellationToken)).Where(which)];
        processes.Look();
        var all = LinuxProcess.All();
        var trees = executables.Select(executable => Tree(executable, all)).OfType<IReadOnlyList<LinuxProcess>>().ToList();
        // About to start: their process is not known yet, and DCP shows the object until it has ended.
        var starting = executables.Where(IsStarting).Select(executable => executable.Metadata.Name).ToHashSet(StringComparer.Ordinal);

        await Task.WhenAll(executables.Select(
            executable => client.DeleteAsync<DcpExecutable>(executable.Metadata.Name, cancellationToken)));

        using var timer = new PeriodicTimer(PollInterval, time);
        while (trees.Any(IsAnyAlive) || await AnyLeftAsync(starting, cancellationToken))
        {
            TerminateOrphans(trees);
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static bool IsStarting(DcpExecutable executable) =>
        executable.Status is not { } status || status.State is null or DcpExecutableState.Starting
        || (status.State is DcpExecutableState.NotStarted && executable.Spec.Start is not false);

    // DCP would let the children of a process that has ended run on for 6 s and then kill them.
    private void TerminateOrphans(IEnumerable<IReadOnlyList<LinuxProcess>> trees)
    {
        foreach (var orphan in trees.Where(tree => !tree[0].IsAlive).SelectMany(tree => tree.Skip(1)).Where(_terminated.Add))
        {
            orphan.Terminate();
        }
    }

    private static bool IsAnyAlive(IReadOnlyList<LinuxProcess> tree) => tree.Any(process => process.IsAlive);

    private async Task<bool> AnyLeftAsync(HashSet<string> names, CancellationToken cancellationToken) =>
        names.Count > 0
        && (await client.ListAsync<DcpExecutable>(cancellationToken)).Any(executable => names.Contains(executable.Metadata.Name));

    private IReadOnlyList<LinuxProcess>? Tree(DcpExecutable executable, IReadOnlyList<LinuxProcess> all) =>
        all.FirstOrDefault(process => process.Id == executable.Status?.Pid && process.ParentId == processes.Controllers?.Id) is { } root
            ? LinuxProcess.Trees([root], all)
            : null;
}
