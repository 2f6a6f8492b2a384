using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Logging.Abstractions;

namespace FreeGpt4.Tests.Aspire.Dcp;

/// <summary>DCP's life, with the real one: it starts, it stops, it dies, and nothing of it is left.</summary>
public sealed class DcpHostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_WithRunningReplicas_LeavesNoProcessPortOrFile()
    {
        await using var dcp = await DcpWorkloads.StartDcpAsync(Cancellation);
        var port = await dcp.Client.CreateServiceAsync("web", Cancellation);
        foreach (var name in (string[])["web-0", "web-1"])
        {
            await dcp.Client.CreateAsync(DcpWorkloads.WebServer(name, "web"), Cancellation);
        }

        await DcpWorkloads.GetStatusAsync(port, Cancellation);
        var session = LeftBehind.Of(dcp);
        session.Processes.Count.ShouldBeGreaterThanOrEqualTo(6, "the server, the controllers, two replicas and a monitor for each");

        await dcp.StopAsync(Cancellation);

        session.Processes.ShouldAllBe(process => !process.IsAlive);
        session.Files.ShouldAllBe(file => !Path.Exists(file));
        DcpWorkloads.IsListening(port).ShouldBeFalse();
        dcp.Exited.IsCanceled.ShouldBeTrue();
    }

    [Fact]
    public async Task Stop_WithoutResources_LeavesNoProcessOrFile()
    {
        await using var dcp = await DcpWorkloads.StartDcpAsync(Cancellation);
        await DcpWorkloads.WaitUntilAsync(() => LeftBehind.Of(dcp).Processes.Count == 2, Cancellation);
        var session = LeftBehind.Of(dcp);

        await dcp.StopAsync(Cancellation);

        session.Processes.ShouldAllBe(process => !process.IsAlive);
        session.Files.ShouldAllBe(file => !Path.Exists(file));
    }

    [Fact]
    public async Task Stop_RightAfterStart_LeavesNoProcessOrFile()
    {
        var dcp = await DcpWorkloads.StartDcpAsync(Cancellation);
        await dcp.Client.CreateAsync(DcpWorkloads.Command("sleeper", "sleep", "300"), Cancellation);

        await dcp.DisposeAsync();

        LeftBehind.Of(dcp).Processes.ShouldBeEmpty();
        Directory.Exists(dcp.SessionDirectory).ShouldBeFalse();
    }

    [Fact]
    public async Task Stop_OfProcessThatIgnoresTheRequest_KillsItWhenTimeIsUp()
    {
        var options = new DcpHostOptions { DcpPath = DcpBundle.Dcp, StopTimeLimit = TimeSpan.FromSeconds(1) };
        await using var dcp = await DcpHost.StartAsync(options, NullLogger.Instance, Cancellation);
        var session = await StartStubbornAsync(dcp);

        await dcp.StopAsync(Cancellation);

        session.Processes.ShouldAllBe(process => !process.IsAlive);
        session.Files.ShouldAllBe(file => !Path.Exists(file));
    }

    [Fact]
    public async Task Stop_WhenCancelled_KillsAtOnce()
    {
        var options = new DcpHostOptions { DcpPath = DcpBundle.Dcp, StopTimeLimit = TimeSpan.FromHours(1) };
        await using var dcp = await DcpHost.StartAsync(options, NullLogger.Instance, Cancellation);
        var session = await StartStubbornAsync(dcp);

        await dcp.StopAsync(new CancellationToken(canceled: true));

        session.Processes.ShouldAllBe(process => !process.IsAlive);
        session.Files.ShouldAllBe(file => !Path.Exists(file));
    }

    [Fact]
    public async Task StopExecutables_OfSome_EndsTheirProcessesAndTheirChildrenAndNoOthers()
    {
        await using var dcp = await DcpWorkloads.StartDcpAsync(Cancellation);
        await dcp.Client.CreateAsync(DcpWorkloads.Command("wrapper", "sh", "-c", "sleep 301 & echo started; wait"), Cancellation);
        await dcp.Client.CreateAsync(DcpWorkloads.Command("other", "sleep", "302"), Cancellation);
        var other = await dcp.Client.WaitForStateAsync("other", DcpExecutableState.Running, Cancellation);
        await foreach (var line in dcp.Client.StreamLogsAsync<DcpExecutable>("wrapper", DcpLogSource.Stdout, follow: true, Cancellation))
        {
            line.Text.ShouldBe("started");
            break;
        }

        var wrapper = await dcp.Client.GetAsync<DcpExecutable>("wrapper", Cancellation);
        var processes = LinuxProcess.Trees([LinuxProcess.TryFind(wrapper!.Status!.Pid!.Value)!], LinuxProcess.All());
        processes.Count.ShouldBe(2);

        await dcp.StopExecutablesAsync(new HashSet<string> { "wrapper" }, Cancellation);

        processes.ShouldAllBe(process => !process.IsAlive);
        LinuxProcess.TryFind(other.Status!.Pid!.Value).ShouldNotBeNull();
    }

    [Fact]
    public async Task MonitoredProcess_WhenKilled_TakesEverythingWithIt()
    {
        using var monitored = Process.Start("sleep", "300");
        var options = new DcpHostOptions { DcpPath = DcpBundle.Dcp, MonitoredProcessId = monitored.Id };
        await using var dcp = await DcpHost.StartAsync(options, NullLogger.Instance, Cancellation);
        var port = await dcp.Client.CreateServiceAsync("web", Cancellation);
        await dcp.Client.CreateAsync(DcpWorkloads.WebServer("web-0", "web"), Cancellation);
        await DcpWorkloads.GetStatusAsync(port, Cancellation);
        var session = LeftBehind.Of(dcp);

        monitored.Kill();

        (await dcp.Exited.WaitAsync(Cancellation)).ShouldContain("ended unexpectedly");
        await DcpWorkloads.WaitUntilAsync(() => session.Processes.All(process => !process.IsAlive), Cancellation);
        Directory.Exists(dcp.SessionDirectory).ShouldBeFalse();
        DcpWorkloads.IsListening(port).ShouldBeFalse();
        await dcp.StopAsync(Cancellation);
        session.Files.ShouldAllBe(file => !Path.Exists(file));
    }

    [Theory]
    [InlineData("start-apiserver")]
    [InlineData("run-controllers")]
    public async Task Dcp_WhenKilled_IsReportedAndTheRestStillStops(string part)
    {
        await using var dcp = await DcpWorkloads.StartDcpAsync(Cancellation);
        await dcp.Client.CreateAsync(DcpWorkloads.Command("sleeper", "sleep", "300"), Cancellation);
        await dcp.Client.WaitForStateAsync("sleeper", DcpExecutableState.Running, Cancellation);
        await using var watch = dcp.Client.WatchAsync<DcpExecutable>(Cancellation).GetAsyncEnumerator(Cancellation);
        (await watch.MoveNextAsync()).ShouldBeTrue();
        var session = LeftBehind.Of(dcp);

        session.Processes.Single(process => process.CommandLine().Contains(part)).Kill();

        (await dcp.Exited.WaitAsync(Cancellation)).ShouldStartWith("DCP ended unexpectedly");
        while (await watch.MoveNextAsync())
        {
            watch.Current.Resource.Metadata.Name.ShouldBe("sleeper");
        }

        await dcp.StopAsync(Cancellation);
        session.Processes.ShouldAllBe(process => !process.IsAlive);
        session.Files.ShouldAllBe(file => !Path.Exists(file));
    }

    [Theory]
    [InlineData("/bin/false", "DCP at '/bin/false' did not start (exit code 1).")]
    [InlineData("/bin/true", "DCP at '/bin/true' ended before it was ready.")]
    [InlineData("/nowhere/dcp", "DCP at '/nowhere/dcp' cannot be run: ")]
    public async Task Start_OfSomethingElse_SaysWhatHappened(string program, string message)
    {
        var options = new DcpHostOptions { DcpPath = program };

        var exception = await Should.ThrowAsync<DistributedApplicationException>(
            () => DcpHost.StartAsync(options, NullLogger.Instance, Cancellation));

        exception.Message.ShouldStartWith(message);
        exception.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Start_WithArgumentsThatDcpRefuses_TellsWhatDcpSays()
    {
        var options = new DcpHostOptions { DcpPath = DcpBundle.Dcp, ContainerRuntime = "no-such-runtime" };

        var exception = await Should.ThrowAsync<DistributedApplicationException>(
            () => DcpHost.StartAsync(options, NullLogger.Instance, Cancellation));

        exception.Message.ShouldContain("did not start (exit code 1)");
        exception.Message.ShouldContain("no-such-runtime");
        exception.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Start_ForProcessThatHasEnded_TellsWhatDcpSays()
    {
        using var monitored = Process.Start("sleep", "0");
        await monitored.WaitForExitAsync(Cancellation);
        var options = new DcpHostOptions { DcpPath = DcpBundle.Dcp, MonitoredProcessId = monitored.Id };

        var exception = await Should.ThrowAsync<DistributedApplicationException>(
            () => DcpHost.StartAsync(options, NullLogger.Instance, Cancellation));

        exception.Message.ShouldContain("ended before it was ready: the program finished with an error");
        exception.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Start_ThatTakesTooLong_IsGivenUp()
    {
        var options = new DcpHostOptions { DcpPath = DcpBundle.Dcp, StartTimeLimit = TimeSpan.Zero };

        var exception = await Should.ThrowAsync<DistributedApplicationException>(
            () => DcpHost.StartAsync(options, NullLogger.Instance, Cancellation));

        exception.Message.ShouldContain("did not start within");
    }

    private static async Task<LeftBehind> StartStubbornAsync(DcpHost dcp)
    {
        var command = DcpWorkloads.Command("stubborn", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done");
        await dcp.Client.CreateAsync(command, Cancellation);
        await foreach (var line in dcp.Client.StreamLogsAsync<DcpExecutable>("stubborn", DcpLogSource.Stdout, follow: true, Cancellation))
        {
            line.Text.ShouldBe("ready");
            break;
        }

        return LeftBehind.Of(dcp);
    }

    /// <summary>What a session has at a moment, and must not have after it.</summary>
    private sealed record LeftBehind(IReadOnlyCollection<LinuxProcess> Processes, IReadOnlyList<string> Files)
    {
        public static LeftBehind Of(DcpHost dcp)
        {
            var processes = new DcpProcesses(Path.Combine(dcp.SessionDirectory, "kubeconfig"));
            processes.Look();
            string?[] files = [dcp.SessionDirectory, processes.NotificationSocket];
            return new(processes.Alive, [.. files.OfType<string>()]);
        }
    }
}
