using System.Diagnostics;
using System.Net;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Proxy;

/// <summary>Replicas behind a host name. The name is in a hosts file that only the edge sees, in a mount namespace of its own.</summary>
public sealed class DestinationsTests
{
    private const string Name = "replicas.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_ThatComeAndGoBehindAName_AreNoticedWhileRequestsRun()
    {
        SkipWithoutNamespaces();
        using var folder = new TemporaryFolder();
        var hosts = Path.Combine(folder.Path, "hosts");
        var goOn = new TaskCompletionSource();
        var port = FreePorts.Next();
        await using var one = await StartReplicaAsync("127.0.0.11", port, goOn.Task);
        await using var two = await StartReplicaAsync("127.0.0.12", port, goOn.Task);
        await File.WriteAllTextAsync(hosts, $"127.0.0.1 localhost\n127.0.0.11 {Name}\n", Cancelled);
        await using var edge = await StartAsync(hosts, port);

        (await ServedByAsync(edge, 4)).ShouldBe(["127.0.0.11"]);
        using var stream = new StreamReader(await edge.Client.GetStreamAsync("/stream", Cancelled));
        (await stream.ReadLineAsync(Cancelled)).ShouldBe("first");

        await WriteAsync(hosts, $"127.0.0.11 {Name}\n127.0.0.12 {Name}\n");
        (await NoticedAfterAsync(edge, ["127.0.0.11", "127.0.0.12"])).ShouldBeLessThan(Patience.Limit);
        await WriteAsync(hosts, $"127.0.0.12 {Name}\n");
        await NoticedAfterAsync(edge, ["127.0.0.12"]);

        // A name server that fails does not take the replicas away.
        await WriteAsync(hosts, "127.0.0.1 localhost\n");
        await edge.SaysAsync($"{Name} cannot be resolved");
        (await ServedByAsync(edge, 4)).ShouldBe(["127.0.0.12"]);

        goOn.SetResult();
        (await stream.ReadToEndAsync(Cancelled)).ShouldBe("last\n");
    }

    [Fact]
    public async Task Name_UnknownAtStart_Is503UntilItIsKnown()
    {
        SkipWithoutNamespaces();
        using var folder = new TemporaryFolder();
        var hosts = Path.Combine(folder.Path, "hosts");
        var port = FreePorts.Next();
        await using var one = await StartReplicaAsync("127.0.0.11", port, Task.CompletedTask);
        await File.WriteAllTextAsync(hosts, "127.0.0.1 localhost\n", Cancelled);
        await using var edge = await StartAsync(hosts, port);

        using var unknown = await edge.Client.GetAsync("/v1/models", Cancelled);
        await unknown.ShouldBeErrorAsync(HttpStatusCode.ServiceUnavailable, "server_error", "no_replica");
        await WriteAsync(hosts, $"127.0.0.11 {Name}\n");

        await NoticedAfterAsync(edge, ["127.0.0.11"]);
    }

    private static void SkipWithoutNamespaces()
    {
        using var unshare = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? Process.Start(new ProcessStartInfo("sh", ["-c", "unshare -m true 2>/dev/null"]))
            : null;
        unshare?.WaitForExit();
        Assert.SkipUnless(unshare?.ExitCode == 0, "A hosts file for the edge alone takes root on Linux, and unshare.");
    }

    // In place: a file that is mounted cannot be replaced by another.
    private static async Task WriteAsync(string hosts, string names)
    {
        await using var file = new FileStream(hosts, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite);
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(names), Cancelled);
    }

    private static Task<RunningEdge> StartAsync(string hosts, int replicaPort)
    {
        var port = FreePorts.Next();
        var edge = Path.Combine(AppContext.BaseDirectory, "FreeGpt4.Proxy");
        return RunningEdge.StartAsync(
            // A shell does not pass on a variable whose name it cannot use itself.
            new ProcessStartInfo(
                "unshare",
                ["-m", "sh", "-c", $"mount --bind {hosts} /etc/hosts && exec env services__llm-api__http__0=http://{Name}:{replicaPort} {edge}"])
            {
                WorkingDirectory = AppContext.BaseDirectory,
                Environment =
                {
                    ["DOTNET_ENVIRONMENT"] = "Development",
                    ["EDGE_PORT"] = $"{port}",
                    ["RATE_LIMIT_API"] = "off",
                },
            },
            port);
    }

    private static async Task<WebApplication> StartReplicaAsync(string address, int port, Task goOn)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{address}:{port}");
        var replica = builder.Build();
        replica.MapGet("/stream", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("first\n", context.RequestAborted);
            await goOn.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("last\n", context.RequestAborted);
        });
        replica.MapGet("/{**path}", () => address);
        await replica.StartAsync(Cancelled);
        return replica;
    }

    private static async Task<TimeSpan> NoticedAfterAsync(RunningEdge edge, string[] expected)
    {
        var since = Stopwatch.StartNew();
        await Eventually.IsTrue(
            async () => (await ServedByAsync(edge, 4)).SequenceEqual(expected), Patience.Limit, string.Join(' ', expected), Cancelled);
        TestContext.Current.SendDiagnosticMessage($"Noticed after {since.ElapsedMilliseconds} ms.");
        return since.Elapsed;
    }

    private static async Task<string[]> ServedByAsync(RunningEdge edge, int requests)
    {
        var answers = new SortedSet<string>();
        for (var i = 0; i < requests; i++)
        {
            using var response = await edge.Client.GetAsync("/v1/models", Cancelled);
            answers.Add(await response.Content.ReadAsStringAsync(Cancelled));
        }

        return [.. answers];
    }
}
