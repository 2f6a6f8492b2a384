using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>Which edge is started, and how nginx ends; each test with a cluster of its own.</summary>
public sealed partial class NginxStartTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("EDGE", "yes", "EDGE is \"yes\"; allowed is auto, nginx, proxy, container or yarp.")]
    [InlineData("MAX_BODY_SIZE", "16 MiB", "MAX_BODY_SIZE is \"16 MiB\"; allowed is a size such as 65536, 512K, 16M or 1G, from 1024 to 1073741824 bytes.")]
    [InlineData("MAX_BODY_SIZE", "2G", "MAX_BODY_SIZE is \"2G\"; allowed is a size such as 65536, 512K, 16M or 1G, from 1024 to 1073741824 bytes.")]
    [InlineData("UPSTREAM_READ_TIMEOUT", "0s", "UPSTREAM_READ_TIMEOUT is \"0s\"; allowed is a time such as 500ms, 30s, 10m or 1h, from 1s to 86400s.")]
    [InlineData("UPSTREAM_READ_TIMEOUT", "1M", "UPSTREAM_READ_TIMEOUT is \"1M\"; allowed is a time such as 500ms, 30s, 10m or 1h, from 1s to 86400s.")]
    [InlineData("UPSTREAM_CONNECT_TIMEOUT", "5", "UPSTREAM_CONNECT_TIMEOUT is \"5\"; allowed is a time such as 500ms, 30s, 10m or 1h, from 0.01s to 60s.")]
    public async Task Setting_NotAllowed_StopsTheStartWithOneLine(string name, string value, string expected)
    {
        await using var appHost = AppHostProcess.Start((name, value));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldBe(expected);
    }

    [Fact]
    public async Task Nginx_WantedButMissing_StopsTheStartWithOneLineThatTellsHowToGetIt()
    {
        await using var appHost = AppHostProcess.Start(("EDGE", "nginx"), ("PATH", PathWithoutNginx()));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldStartWith("EDGE is \"nginx\", but there is no nginx on the PATH; install it");
        appHost.Output.ShouldContain("EDGE=proxy");
        appHost.Output.ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("auto", false)]
    [InlineData("proxy", true)]
    public async Task Edge_NotNginx_IsTheProxy(string edge, bool nginxOnPath)
    {
        var path = nginxOnPath ? await NginxClusterFixture.PathWithNginxAsync() : ("PATH", PathWithoutNginx());
        await using var appHost = await AppHostProcess.StartReadyAsync(("EDGE", edge), path);

        var processes = ProcessTree.StartedBy(appHost.Process.Id);

        processes.ShouldContain(process => process.Contains("FreeGpt4.Proxy", StringComparison.Ordinal));
        processes.ShouldNotContain(process => process.Contains("nginx: master", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_LeavesNoNginxAndNoFolder()
    {
        await using var appHost = await AppHostProcess.StartReadyAsync(("EDGE", "nginx"), await NginxClusterFixture.PathWithNginxAsync());
        var (processes, folder) = Running(appHost);

        (await appHost.StopAsync()).ShouldBe(0);

        await Eventually.IsTrue(() => !processes.Any(ProcessTree.IsAlive), Patience.Limit, "every process of the cluster has ended", Cancelled);
        Directory.Exists(folder).ShouldBeFalse();
    }

    [Fact]
    public async Task Kill_OfTheAppHost_LeavesNoNginxAndNoFolder()
    {
        await using var appHost = await AppHostProcess.StartReadyAsync(("EDGE", "nginx"), await NginxClusterFixture.PathWithNginxAsync());
        var (processes, folder) = Running(appHost);

        appHost.Process.Kill();

        await Eventually.IsTrue(() => !processes.Any(ProcessTree.IsAlive), Patience.Limit, "every process of the cluster has ended", Cancelled);
        Directory.Exists(folder).ShouldBeFalse();
    }

    [Theory]
    [InlineData("run.sh")]
    [InlineData("nginx: master process")]
    public async Task Kill_OfNginx_LeavesNoWorker(string killed)
    {
        await using var appHost = await AppHostProcess.StartReadyAsync(("EDGE", "nginx"), await NginxClusterFixture.PathWithNginxAsync());
        var (processes, folder) = Running(appHost);
        var nginx = processes.Where(process => process.Contains(folder, StringComparison.Ordinal)
            || process.Contains("nginx: worker", StringComparison.Ordinal)).ToArray();

        // A worker that the master has just begun has its name for a moment.
        var victim = nginx.Where(process => process.Contains(killed, StringComparison.Ordinal))
            .Min(process => int.Parse(process.Split(' ')[0], CultureInfo.InvariantCulture));

        using (var process = Process.GetProcessById(victim))
        {
            process.Kill();
        }

        await Eventually.IsTrue(() => !nginx.Any(ProcessTree.IsAlive), Patience.Limit, "every process of nginx has ended", Cancelled);
        (await appHost.StopAsync()).ShouldBe(0);
        Directory.Exists(folder).ShouldBeFalse();
    }

    private static string PathWithoutNginx() => string.Join(
        Path.PathSeparator,
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Where(folder => !File.Exists(Path.Combine(folder, "nginx"))));

    private static (IReadOnlyList<string> Processes, string Folder) Running(AppHostProcess appHost)
    {
        var processes = ProcessTree.StartedBy(appHost.Process.Id);
        processes.Count(process => process.Contains("nginx: worker", StringComparison.Ordinal)).ShouldBeGreaterThan(0);
        var folder = processes.Select(process => Folder().Match(process)).First(match => match.Success).Value;
        Directory.Exists(folder).ShouldBeTrue();
        return (processes, folder);
    }

    [GeneratedRegex(@"/\S+/freegpt4-nginx-[0-9a-f]{32}")]
    private static partial Regex Folder();
}
