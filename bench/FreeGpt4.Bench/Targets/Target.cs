namespace FreeGpt4.Bench.Targets;

/// <summary>What is measured, under the name that the report gives it.</summary>
/// <param name="Address">Where chats are sent to.</param>
/// <param name="Headers">That every request to it has.</param>
/// <param name="Servers">All that runs for it, the one that clients talk to first; empty when it is the upstream itself.</param>
internal sealed record Target(string Name, Uri Address, IReadOnlyDictionary<string, string> Headers, IReadOnlyList<ServerProcess> Servers) : IAsyncDisposable
{
    private static readonly Dictionary<string, string> NoHeaders = [];

    public Target(string name, params IReadOnlyList<ServerProcess> servers)
        : this(name, servers[0].Address, NoHeaders, servers)
    {
    }

    /// <summary>The upstream, asked without anybody in between.</summary>
    public static Target Direct(Uri upstream) => new("direct", upstream, NoHeaders, []);

    /// <summary>The processor time of all servers so far; <c>null</c> where nobody tells.</summary>
    public TimeSpan? ReadCpuTime() => Servers is [] || !OperatingSystem.IsLinux()
        ? null
        : Servers.Aggregate(TimeSpan.Zero, (time, server) => time + server.ReadCpuTime());

    /// <summary>The memory of all servers that is in RAM, in megabytes (RSS); <c>null</c> where nobody tells.</summary>
    public double? ReadMemory() => Servers is [] || !OperatingSystem.IsLinux() ? null : Servers.Sum(server => server.ReadMemory());

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }
    }
}
