using System.Diagnostics;

namespace FreeGpt4.Proxy.AccessLog;

/// <summary>What happened when a request was sent to one replica.</summary>
internal sealed class Attempt
{
    /// <summary>With this the parts of the way, which only share the message, find the attempt.</summary>
    public static readonly HttpRequestOptionsKey<Attempt> Key = new("attempt");

    private readonly long _start = Stopwatch.GetTimestamp();

    public string Upstream { get; private set; } = "";

    public int Status { get; private set; }

    /// <summary>Zero on a connection that was kept.</summary>
    public TimeSpan? Connect { get; private set; }

    public TimeSpan? FirstByte { get; private set; }

    public TimeSpan Whole { get; private set; }

    public string? Replica { get; private set; }

    public void Connected(TimeSpan time) => Connect = time;

    public void Answered(HttpResponseMessage answer)
    {
        FirstByte = Stopwatch.GetElapsedTime(_start);
        Connect ??= TimeSpan.Zero;
        Status = (int)answer.StatusCode;
        Replica = answer.Headers.TryGetValues("x-freegpt4-replica", out var names) ? names.First() : null;
    }

    public void Ended(string? upstream, int status)
    {
        Whole = Stopwatch.GetElapsedTime(_start);
        Upstream = upstream ?? "";
        Status = Status == 0 ? status : Status;
    }
}
