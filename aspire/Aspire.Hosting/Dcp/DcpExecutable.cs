namespace Aspire.Hosting.Dcp;

/// <summary>A process that DCP starts and stops. Replicas are several executables that produce the same services.</summary>
internal sealed record DcpExecutable : DcpResource, IDcpWorkload
{
    public static DcpKind Definition { get; } = new("Executable", "executables");

    public override string Kind => Definition.Name;

    public required DcpExecutableSpec Spec { get; init; }

    public DcpExecutableStatus? Status { get; init; }

    DcpWorkloadStatus? IDcpWorkload.Status => Status;
}

internal sealed record DcpExecutableSpec
{
    /// <summary>A file, or a name that DCP looks up on its PATH.</summary>
    public required string ExecutablePath { get; init; }

    public string? WorkingDirectory { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    /// <summary>
    /// Added to what the process inherits from DCP. Values here and in <see cref="Args"/> are Go templates, in which
    /// <c>{{- portForServing "svc" -}}</c> is the port this process is to listen on for that service,
    /// <c>{{- portFor "svc" -}}</c> and <c>{{- addressFor "svc" -}}</c> are the service's own.
    /// </summary>
    public IReadOnlyList<DcpEnvironmentVariable>? Env { get; init; }

    /// <summary><see langword="false"/> creates the object without a process; patch it to <see langword="true"/> to start.</summary>
    public bool? Start { get; init; }

    /// <summary><see langword="true"/> ends the process. DCP refuses to unset it: to start again, delete and create anew.</summary>
    public bool? Stop { get; init; }
}

internal sealed record DcpEnvironmentVariable(string Name, string? Value)
{
    // Values may be secret, and records print their members.
    public override string ToString() => Name;
}

internal sealed record DcpExecutableStatus : DcpWorkloadStatus
{
    public int? Pid { get; init; }

    public IReadOnlyList<string>? EffectiveArgs { get; init; }

    /// <summary>All that the process was started with, inherited variables included.</summary>
    public IReadOnlyList<DcpEnvironmentVariable>? EffectiveEnv { get; init; }
}

/// <summary>The states of an executable. Strings, because a later DCP may know more.</summary>
internal static class DcpExecutableState
{
    public const string NotStarted = "";
    public const string Starting = "Starting";
    public const string Running = "Running";
    public const string Stopping = "Stopping";
    public const string Finished = "Finished";
    public const string FailedToStart = "FailedToStart";
    public const string Terminated = "Terminated";
    public const string Unknown = "Unknown";

    /// <summary>Whether there is no process any more and there will be none.</summary>
    public static bool IsFinal(string? state) => state is Finished or FailedToStart or Terminated;
}
