namespace Aspire.Hosting.Backchannel;

/// <summary>The variables with which the CLI starts an AppHost.</summary>
internal static class CliSettings
{
    /// <summary>The socket on which it wants to be told how the start and the publishing go.</summary>
    public const string BackchannelPath = "ASPIRE_BACKCHANNEL_PATH";

    public const string ProcessId = "ASPIRE_CLI_PID";

    /// <summary>When it was started, in seconds since 1970.</summary>
    public const string Started = "ASPIRE_CLI_STARTED";

    /// <summary>When it was started, in milliseconds since the start of the machine.</summary>
    public const string StartedStable = "ASPIRE_CLI_STARTED_STABLE";

    public const string LogFile = "ASPIRE_CLI_LOG_FILE";
}
