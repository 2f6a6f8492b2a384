namespace FreeGpt4.LlmApi.State;

/// <summary>Whether the database answers. Nothing that a caller waits for depends on it.</summary>
internal sealed partial class StateHealth(StateOptions options, TimeProvider time, ILogger<StateHealth> logger)
{
    private readonly Lock _gate = new();

    /// <summary>Since when it does not; <c>null</c> while it does.</summary>
    public DateTimeOffset? LostSince { get; private set; }

    public bool IsLost => LostSince is not null;

    public void Answered()
    {
        lock (_gate)
        {
            if (LostSince is { } since)
            {
                LostSince = null;
                Log.Back(logger, options.Place, (long)(time.GetUtcNow() - since).TotalSeconds);
            }
        }
    }

    public void Lost(Exception why)
    {
        lock (_gate)
        {
            if (LostSince is null)
            {
                LostSince = time.GetUtcNow();
                Log.Lost(logger, options.Place, why.GetBaseException().Message.ReplaceLineEndings(" "));
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The database {Place} does not answer ({Reason}); the last known settings stay in force.")]
        public static partial void Lost(ILogger logger, string place, string reason);

        [LoggerMessage(2, LogLevel.Information, "The database {Place} answers again, after {Seconds} s.")]
        public static partial void Back(ILogger logger, string place, long seconds);
    }
}
