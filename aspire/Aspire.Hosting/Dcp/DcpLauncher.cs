using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Dcp;

/// <summary>Starts DCP's detached processes. They are no children of ours, so that Ctrl+C in the terminal does not reach them.</summary>
internal sealed class DcpLauncher(DcpHostOptions options, DcpSession session, DcpLog log, DcpProcesses processes)
{
    // How often the folder is looked at between two looks at the processes, which cost more.
    private const int PollsPerLook = 20;

    /// <returns>How to reach DCP, which listens.</returns>
    /// <exception cref="DistributedApplicationException">DCP cannot be started.</exception>
    public async Task<DcpKubeconfig> LaunchAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.StartTimeLimit, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await RunAsync(either.Token);
            return await WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failure($"did not start within {options.StartTimeLimit.TotalSeconds:0} s");
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw new DistributedApplicationException($"DCP at '{options.DcpPath}' cannot be run: {exception.Message}", exception);
        }

        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Left alone, it would detach a DCP that nobody stops.
            process.Kill();
            throw;
        }

        if (process.ExitCode != 0)
        {
            var text = (await errors + await output).Trim();
            throw Failure($"did not start (exit code {process.ExitCode})", text.Length > 0 ? text.Split('\n')[^1] : null);
        }
    }

    private async Task<DcpKubeconfig> WaitAsync(CancellationToken cancellationToken)
    {
        DcpKubeconfig? kubeconfig = null;
        var polls = 0;
        await Poll.UntilAsync(
            () =>
            {
                kubeconfig = DcpKubeconfig.TryRead(session.Kubeconfig);
                return kubeconfig is not null || (++polls % PollsPerLook == 0 && !IsRunning());
            },
            options.TimeProvider,
            cancellationToken);

        if (kubeconfig is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure("ended before it was ready");
        }

        processes.Look();
        return kubeconfig;
    }

    private bool IsRunning()
    {
        processes.Look();
        return processes.Server is { IsAlive: true };
    }

    private DistributedApplicationException Failure(string what, string? why = null) =>
        (why ?? log.LastProblem) is { } reason
            ? new($"DCP at '{options.DcpPath}' {what}: {reason}")
            : new($"DCP at '{options.DcpPath}' {what}.");

    private ProcessStartInfo StartInfo()
    {
        var info = new ProcessStartInfo(options.DcpPath)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "start-apiserver",
                "--detach",
                "--monitor", options.MonitoredProcessId.ToString(CultureInfo.InvariantCulture),
                "--monitor-interval", "1",
                "--kubeconfig", session.Kubeconfig,
                "--tls-cert-file", session.Certificate,
                "--tls-key-file", session.Key,
            },
        };
        if (options.ContainerRuntime is { } runtime)
        {
            info.ArgumentList.Add("--container-runtime");
            info.ArgumentList.Add(runtime);
        }

        info.Environment.Clear();
        foreach (var (name, value) in options.Environment)
        {
            info.Environment[name] = value;
        }

        info.Environment["DCP_SESSION_FOLDER"] = session.Folder;
        info.Environment["DCP_LOG_SOCKET"] = session.LogSocket;
        return info;
    }
}
