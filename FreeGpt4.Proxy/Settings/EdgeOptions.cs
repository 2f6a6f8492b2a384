namespace FreeGpt4.Proxy.Settings;

/// <summary>The settings of the edge. <see cref="EdgeOptionsExtensions"/> has their environment names and what is allowed.</summary>
public sealed class EdgeOptions
{
    /// <summary>The port on both loopback addresses, when no URL to listen on is configured.</summary>
    public int Port { get; set; } = 15432;

    /// <summary>
    /// How many connections to a replica are kept open for later requests. With 0 every request has a connection of its own, for an
    /// address that balances by connection: a kept one would pin the edge to the replica behind it.
    /// </summary>
    public int KeptConnections { get; set; } = 32;

    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a replica may be silent. Longer than its longest wait for a provider.</summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>In bytes. A larger request body is refused with status 413.</summary>
    public long MaxBodySize { get; set; } = 16 << 20;
}
