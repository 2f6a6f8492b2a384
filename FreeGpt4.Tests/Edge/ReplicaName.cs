using System.Net;
using System.Text;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>
/// A name that leads to several replicas on one port, as that of a service in Docker Compose: for whoever asks a name server, and for
/// whoever has the file in place of its /etc/hosts.
/// </summary>
public sealed class ReplicaName : IAsyncDisposable
{
    public const string Host = "llm-api.test";

    // What reads the file while it is written must never find a part of it: it is written in place, in one piece of one length.
    private const int HostsFileLength = 2048;

    private readonly TemporaryFolder _folder = new();
    private readonly NameServer _nameServer;

    /// <param name="numbers">Of replicas, see <see cref="Address"/>.</param>
    public ReplicaName(params IEnumerable<int> numbers)
        : this(TimeSpan.Zero, numbers)
    {
    }

    /// <param name="delay">How long the name server takes for an answer.</param>
    /// <param name="numbers">Of replicas, see <see cref="Address"/>.</param>
    public ReplicaName(TimeSpan delay, params IEnumerable<int> numbers)
    {
        _nameServer = new NameServer { Delay = delay };
        Publish(numbers);
    }

    public int Port { get; } = FreePorts.Next();

    public int NameServerPort => _nameServer.Port;

    public string HostsFile => Path.Combine(_folder.Path, "hosts");

    /// <summary>The address of a replica: 127.0.0.11, 127.0.0.12 and so on.</summary>
    public static IPAddress Address(int number) => new([127, 0, 0, (byte)(10 + number)]);

    public IPEndPoint EndPoint(int number) => new(Address(number), Port);

    /// <summary>From now on the name leads to these replicas, and only to these.</summary>
    public void Publish(params IEnumerable<int> numbers)
    {
        IPAddress[] all = [.. numbers.Select(Address)];
        var lines = string.Concat(all.Select(address => $"{address} {Host}\n"));
        using (var file = new FileStream(HostsFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            file.Write(Encoding.ASCII.GetBytes($"127.0.0.1 localhost\n::1 localhost\n{lines}".PadRight(HostsFileLength, '\n')));
        }

        _nameServer.Addresses = all;
    }

    /// <summary>Waits until the name server was asked, and again: whoever asks has used the first answer by then.</summary>
    public Task AskedAgainAsync() => Eventually.IsTrue(
        () => _nameServer.Asking > TimeSpan.FromSeconds(1), Patience.Limit, "the name is asked for again", TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _nameServer.DisposeAsync();
        _folder.Dispose();
    }
}
