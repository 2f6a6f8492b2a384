using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Aspire.Hosting.Dcp;

/// <summary>What <c>dcp info</c> says of the container engine.</summary>
/// <param name="Runtime">The program through which DCP uses it: <c>docker</c> or <c>podman</c>.</param>
/// <param name="Error">Why it cannot be used, in the words of that program.</param>
internal sealed record DcpContainerRuntime(string Runtime, bool Installed, bool Running, string? Error)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(25);

    /// <param name="containers">The resources that need it, for the message.</param>
    /// <exception cref="DistributedApplicationException">It cannot run containers.</exception>
    public static async Task RequireAsync(DcpHostOptions options, IEnumerable<string> containers, CancellationToken cancellationToken)
    {
        var needed = $"{string.Join(", ", containers.Select(name => $"'{name}'"))}: a container needs";
        var found = await AskAsync(options, cancellationToken);
        if (!found.Installed)
        {
            var programs = options.ContainerRuntime is { } named ? $"{named}, which is not" : "Docker or Podman, and neither is";
            throw new DistributedApplicationException($"{needed} {programs} on the PATH; install it (Debian: apt-get install docker.io).");
        }

        if (!found.Running)
        {
            throw new DistributedApplicationException(
                $"{needed} {found.Runtime}, which is installed but does not answer ({found.Error?.Trim().Split('\n')[^1]}); "
                + "start it, or set DOCKER_HOST to where it listens.");
        }
    }

    // {"version":"0.25.13",…,"containers":{"runtime":"docker","hostName":"host.docker.internal","installed":true,"running":false,"error":"…"}}
    private static async Task<DcpContainerRuntime> AskAsync(DcpHostOptions options, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerTime, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var process = new Process { StartInfo = StartInfo(options) };
        try
        {
            process.Start();
            var info = await JsonSerializer.DeserializeAsync(process.StandardOutput.BaseStream, DcpJsonContext.Default.DcpInfo, either.Token);
            return info!.Containers;
        }
        catch (Exception exception) when (exception is Win32Exception or JsonException)
        {
            throw new DistributedApplicationException($"DCP at '{options.DcpPath}' does not tell of a container engine: {exception.Message}", exception);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            throw new DistributedApplicationException(
                $"The container engine does not answer within {AnswerTime.TotalSeconds:0} s; see whether 'docker ps' does.");
        }
    }

    private static ProcessStartInfo StartInfo(DcpHostOptions options)
    {
        string[] runtime = options.ContainerRuntime is { } named ? ["--container-runtime", named] : [];
        var info = new ProcessStartInfo(options.DcpPath, ["info", .. runtime]) { RedirectStandardOutput = true };
        info.Environment.Clear();
        foreach (var (name, value) in options.Environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }
}

/// <summary>The answer of <c>dcp info</c>.</summary>
internal sealed record DcpInfo(DcpContainerRuntime Containers);
