namespace FreeGpt4.Proxy.Forwarding;

/// <summary>How long a connection to a replica takes new requests.</summary>
/// <remarks>
/// Shorter than a stopping replica goes on listening (2 s in containers, StopTimes). What is on a kept connection when it is told to stop
/// either ends while it still answers with <c>Connection: close</c>, or ends later, on a connection that is too old by then to be used
/// again. So no request meets a replica that is just closing its connection, and a POST on it need not be lost. It is the age and not the
/// idle time that counts, since the handler compares it exactly, whenever it takes a connection; idle ones it only looks for now and then.
/// </remarks>
internal sealed record KeptConnections(TimeSpan Lifetime)
{
    // Leaves a second for a request to get from here into a busy replica. A new connection every second costs nothing that can be measured.
    public KeptConnections() : this(TimeSpan.FromSeconds(1))
    {
    }
}
