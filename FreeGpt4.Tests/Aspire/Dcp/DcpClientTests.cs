using System.Text.Json.Nodes;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Logging.Abstractions;

namespace FreeGpt4.Tests.Aspire.Dcp;

/// <summary>DCP's API, with the real DCP, which the tests of this class share.</summary>
public sealed class DcpClientTests(DcpClientTests.RunningDcp running) : IClassFixture<DcpClientTests.RunningDcp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DcpClient Client => running.Host.Client;

    [Fact]
    public async Task Service_BeforeAnyProcess_HasItsPort()
    {
        await Client.CreateAsync(DcpWorkloads.Service("early"), Cancellation);

        var service = await Client.WaitAsync<DcpService>("early", service => service.EffectivePort is not null, Cancellation);

        service.EffectivePort!.Value.ShouldBeInRange(1, 65535);
        (await Client.ListAsync<DcpEndpoint>(Cancellation)).ShouldNotContain(endpoint => endpoint.Spec.ServiceName == "early");
    }

    [Fact]
    public async Task Service_WithoutProxy_HasThePortItBrings()
    {
        var service = DcpWorkloads.Service("proxyless") with
        {
            Spec = new() { Port = 5299, AddressAllocationMode = DcpAddressAllocation.Proxyless },
        };

        (await Client.CreateAsync(service, Cancellation)).EffectivePort.ShouldBe(5299);
    }

    [Fact]
    public async Task Service_OfTwoReplicas_IsServedByBothAndThenByTheOneThatIsLeft()
    {
        var port = await Client.CreateServiceAsync("pair", Cancellation);
        await Client.CreateAsync(DcpWorkloads.WebServer("pair-0", "pair"), Cancellation);
        await Client.CreateAsync(DcpWorkloads.WebServer("pair-1", "pair"), Cancellation);
        await Client.WaitForStateAsync("pair-0", DcpExecutableState.Running, Cancellation);
        await Client.WaitForStateAsync("pair-1", DcpExecutableState.Running, Cancellation);
        var status = await DcpWorkloads.GetStatusAsync(port, Cancellation);
        var endpoints = (await Client.ListAsync<DcpEndpoint>(Cancellation)).Where(endpoint => endpoint.Spec.ServiceName == "pair").ToList();
        endpoints.Select(endpoint => endpoint.Metadata.OwnerReferences!.Single().Name).ShouldBe(["pair-0", "pair-1"], ignoreOrder: true);
        endpoints.Select(endpoint => endpoint.Spec.Port).Append(port).Distinct().Count().ShouldBe(3);
        foreach (var endpoint in endpoints)
        {
            await DcpWorkloads.GetStatusAsync(endpoint.Spec.Port, Cancellation);
        }

        await running.Host.StopExecutablesAsync(new HashSet<string> { "pair-0" }, Cancellation);

        for (var i = 0; i < 20; i++)
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
            using var response = await http.GetAsync(new Uri($"http://localhost:{port}/health"), Cancellation);
            response.StatusCode.ShouldBe(status);
        }
    }

    [Fact]
    public async Task Executable_ThatFails_ShowsItsExitCodeAndWhatItWrote()
    {
        await Client.CreateAsync(DcpWorkloads.Command("failing", "dotnet", "exec", "no-such-file.dll"), Cancellation);

        var executable = await Client.WaitForStateAsync("failing", DcpExecutableState.Finished, Cancellation);

        executable.Status!.ExitCode.ShouldNotBe(0);
        executable.Status.HealthStatus.ShouldBe("Unhealthy");
        executable.Status.FinishTimestamp!.Value.ShouldBeGreaterThanOrEqualTo(executable.Status.StartupTimestamp!.Value);
        var lines = await Client.StreamLogsAsync<DcpExecutable>("failing", DcpLogSource.Stderr, follow: true, Cancellation)
            .Concat(Client.StreamLogsAsync<DcpExecutable>("failing", DcpLogSource.Stdout, follow: true, Cancellation))
            .ToListAsync(Cancellation);
        lines.ShouldContain(line => line.Text.Contains("no-such-file.dll"));
    }

    [Fact]
    public async Task Executable_WithoutItsProgram_FailsToStartAndSaysWhy()
    {
        await Client.CreateAsync(DcpWorkloads.Command("missing", "/nowhere/program"), Cancellation);

        await Client.WaitForStateAsync("missing", DcpExecutableState.FailedToStart, Cancellation);

        var lines = await Client.StreamLogsAsync<DcpExecutable>("missing", DcpLogSource.System, follow: false, Cancellation)
            .ToListAsync(Cancellation);
        lines.ShouldContain(line => line.Text.Contains("/nowhere/program: no such file or directory"));
        lines.ShouldAllBe(line => line.Timestamp != null);
        lines.Select(line => line.Number).ShouldBe(Enumerable.Range(1, lines.Count).Select(number => (long)number));
    }

    [Fact]
    public async Task Executable_CreatedUnstarted_StartsAndStopsWhenPatched()
    {
        var command = DcpWorkloads.WebServer("later", "later");
        await Client.CreateServiceAsync("later", Cancellation);
        await Client.CreateAsync(command with { Spec = command.Spec with { Start = false } }, Cancellation);
        await using var log = Client.StreamLogsAsync<DcpExecutable>("later", DcpLogSource.Stdout, follow: true, Cancellation)
            .GetAsyncEnumerator(Cancellation);
        var firstLine = log.MoveNextAsync();
        (await Client.GetAsync<DcpExecutable>("later", Cancellation))!.Status?.Pid.ShouldBeNull();

        await Client.PatchAsync<DcpExecutable>("later", Patch("start", true), Cancellation);
        (await firstLine).ShouldBeTrue();
        log.Current.Number.ShouldBe(1);
        await Client.PatchAsync<DcpExecutable>("later", Patch("stop", true), Cancellation);

        var stopped = await Client.WaitForStateAsync("later", DcpExecutableState.Finished, Cancellation);
        stopped.Status!.Pid.ShouldNotBeNull();
        LinuxProcess.TryFind(stopped.Status.Pid.Value).ShouldBeNull();
    }

    [Fact]
    public async Task Logs_WhenFollowed_ComeInOrderWhileTheProcessRuns()
    {
        await Client.CreateServiceAsync("talking", Cancellation);
        await Client.CreateAsync(DcpWorkloads.WebServer("talker", "talking"), Cancellation);
        List<DcpLogLine> lines = [];

        await foreach (var line in Client.StreamLogsAsync<DcpExecutable>("talker", DcpLogSource.Stdout, follow: true, Cancellation))
        {
            lines.Add(line);
            if (line.Text.Contains("Application started."))
            {
                break;
            }
        }

        lines.Select(line => line.Number).ShouldBe(Enumerable.Range(1, lines.Count).Select(number => (long)number));
        lines.ShouldAllBe(line => line.Timestamp != null);
        var talker = await Client.GetAsync<DcpExecutable>("talker", Cancellation);
        talker!.Status!.State.ShouldBe(DcpExecutableState.Running);
    }

    [Fact]
    public async Task Watch_FromCreationToDeletion_TellsEachChangeOnce()
    {
        List<DcpChange<DcpExecutable>> changes = [];
        await Client.CreateAsync(DcpWorkloads.Command("watched", "sleep", "300"), Cancellation);

        await foreach (var change in Client.WatchAsync<DcpExecutable>(Cancellation))
        {
            if (change.Resource.Metadata.Name != "watched")
            {
                continue;
            }

            if (change.Type is not DcpChangeType.Deleted && change.Resource.Status?.State == DcpExecutableState.Running
                && changes.All(before => before.Resource.Status?.State != DcpExecutableState.Running))
            {
                await Client.DeleteAsync<DcpExecutable>("watched", Cancellation);
            }

            changes.Add(change);
            if (change.Type is DcpChangeType.Deleted)
            {
                break;
            }
        }

        changes[0].Type.ShouldBe(DcpChangeType.Added);
        changes[1..^1].ShouldAllBe(change => change.Type == DcpChangeType.Modified);
        changes[..^1].Select(change => change.Resource.Metadata.ResourceVersion).ShouldBeUnique();
        changes.ShouldContain(change => change.Resource.Metadata.DeletionTimestamp != null);
        (await Client.GetAsync<DcpExecutable>("watched", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_WhenCancelled_EndsQuietly()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await Client.CreateAsync(DcpWorkloads.Service("seen"), Cancellation);

        await foreach (var change in Client.WatchAsync<DcpService>(cancel.Token).Where(change => change.Resource.Metadata.Name == "seen"))
        {
            await cancel.CancelAsync();
        }

        cancel.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Create_OfAnExistingName_IsRefusedInOneLine()
    {
        await Client.CreateAsync(DcpWorkloads.Service("twice"), Cancellation);

        var exception = await Should.ThrowAsync<DcpException>(() => Client.CreateAsync(DcpWorkloads.Service("twice"), Cancellation));

        exception.Reason.ShouldBe("AlreadyExists");
        exception.Message.ShouldStartWith("DCP refused to create Service 'twice': AlreadyExists (");
        exception.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Patch_ThatDcpRefuses_DoesNotTellTheObjectWithItsSecrets()
    {
        var command = DcpWorkloads.Command("keeper", "sleep", "300");
        var spec = command.Spec with { Start = false, Env = [new("KEY", "s3cr3t-value")] };
        await Client.CreateAsync(command with { Spec = spec }, Cancellation);

        var exception = await Should.ThrowAsync<DcpException>(
            () => Client.PatchAsync<DcpExecutable>("keeper", Patch("stop", "not a truth value"), Cancellation));

        exception.Message.ShouldStartWith("DCP refused to change Executable 'keeper': Invalid (");
        exception.Message.ShouldNotContain("s3cr3t");
    }

    [Fact]
    public async Task Object_ThatDoesNotExist_IsNullAndDeletesQuietlyAndHasNoLog()
    {
        (await Client.GetAsync<DcpExecutable>("nobody", Cancellation)).ShouldBeNull();
        await Client.DeleteAsync<DcpExecutable>("nobody", Cancellation);
        var exception = await Should.ThrowAsync<DcpException>(
            async () => await Client.StreamLogsAsync<DcpExecutable>("nobody", DcpLogSource.Stdout, follow: true, Cancellation)
                .ToListAsync(Cancellation));
        exception.Message.ShouldStartWith("DCP refused to show the Stdout log of Executable 'nobody': NotFound");
    }

    [Fact]
    public async Task Secrets_InTheAppHostsEnvironment_ReachNoProcess()
    {
        const string Secret = "s3cr3t-of-the-apphost";
        var own = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
            ["HOME"] = Environment.GetEnvironmentVariable("HOME")!,
            ["Parameters__api-key"] = Secret,
            ["ConnectionStrings__freegpt4"] = Secret,
            ["YOU_API_KEY"] = Secret,
            ["ADMIN_PASSWORD"] = Secret,
            ["ASPNETCORE_URLS"] = "http://localhost:1",
        };
        var options = new DcpHostOptions { DcpPath = DcpBundle.Dcp, Environment = ChildEnvironment.From(own) };
        await using var dcp = await DcpHost.StartAsync(options, NullLogger.Instance, Cancellation);
        var port = await dcp.Client.CreateServiceAsync("web", Cancellation);
        await dcp.Client.CreateAsync(DcpWorkloads.WebServer("web-0", "web"), Cancellation);
        await DcpWorkloads.GetStatusAsync(port, Cancellation);

        var executable = await dcp.Client.WaitForStateAsync("web-0", DcpExecutableState.Running, Cancellation);

        var names = executable.Status!.EffectiveEnv!.Select(variable => variable.Name).ToList();
        names.ShouldBe(["PATH", "HOME", "ASPNETCORE_URLS"], ignoreOrder: true);
        var processes = new DcpProcesses(Path.Combine(dcp.SessionDirectory, "kubeconfig"));
        processes.Look();
        processes.Alive.Count.ShouldBeGreaterThanOrEqualTo(4);
        foreach (var process in processes.Alive)
        {
            (await File.ReadAllTextAsync($"/proc/{process.Id}/environ", Cancellation)).ShouldNotContain(Secret);
        }
    }

    private static JsonObject Patch(string property, JsonNode value) => new() { ["spec"] = new JsonObject { [property] = value } };

    public sealed class RunningDcp : IAsyncLifetime
    {
        internal DcpHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await DcpWorkloads.StartDcpAsync(Cancellation);

        public ValueTask DisposeAsync() => Host?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
