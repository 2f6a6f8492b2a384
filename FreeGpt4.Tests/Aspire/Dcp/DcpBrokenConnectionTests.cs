using System.Text.Json;
using Aspire.Hosting.Dcp;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FreeGpt4.Tests.Aspire.Dcp;

/// <summary>What the client makes of a DCP that breaks off, stays silent or is not the one that was started.</summary>
public sealed class DcpBrokenConnectionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("end")]
    [InlineData("abort")]
    [InlineData("error")]
    [InlineData("garbage")]
    public async Task Watch_ThatBreaks_TellsWhatHappenedMeanwhileOnce(string way)
    {
        var watches = 0;
        var received = new TaskCompletionSource();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience.Limit);
        await using var fake = await FakeDcp.StartAsync(
            context => !context.Request.Query.ContainsKey("watch") ? context.Response.WriteAsJsonAsync(List("a", "kept"), Cancellation)
                : ++watches == 1 ? WriteThenBreakAsync(context, way, received.Task)
                : WriteThenHoldAsync(context, [("ADDED", "kept", 2), ("ADDED", "a", 7), ("DELETED", "gone", 9), ("ADDED", "new", 8)]),
            Cancellation);
        using var client = Connect(fake.Kubeconfig);

        List<string> changes = [];
        await foreach (var change in client.WatchAsync<DcpService>(limit.Token).Take(6))
        {
            changes.Add($"{change.Type} {change.Resource.Metadata.Name} {change.Resource.Metadata.ResourceVersion}");
            if (changes.Count == 3)
            {
                received.SetResult();
            }
        }

        changes.ShouldBe(
            ["Added a 1", "Added kept 2", "Added gone 3", "Deleted gone 3", "Modified a 7", "Added new 8"]);
    }

    [Fact]
    public async Task Watch_ThatIsRefused_Fails()
    {
        await using var fake = await FakeDcp.StartAsync(Refuse, Cancellation);
        using var client = Connect(fake.Kubeconfig);

        var exception = await Should.ThrowAsync<DcpException>(
            async () => await client.WatchAsync<DcpService>(Cancellation).ToListAsync(Cancellation));

        exception.Message.ShouldBe("DCP refused to watch services: Forbidden (not you)");
    }

    [Fact]
    public async Task Watch_WhenDcpIsGone_EndsQuietly()
    {
        using var gone = new CancellationTokenSource();
        await using var fake = await FakeDcp.StartAsync(context => WriteThenHoldAsync(context, [("ADDED", "a", 1)]), Cancellation);
        using var client = new DcpClient(fake.Kubeconfig, TimeProvider.System, NullLogger.Instance, gone.Token);
        List<string> names = [];

        await foreach (var change in client.WatchAsync<DcpService>(Cancellation))
        {
            names.Add(change.Resource.Metadata.Name);
            await gone.CancelAsync();
        }

        names.ShouldBe(["a"]);
    }

    [Fact]
    public async Task Request_WithoutAnswer_IsGivenUp()
    {
        var asked = new TaskCompletionSource();
        var time = new FakeTimeProvider();
        await using var fake = await FakeDcp.StartAsync(
            context =>
            {
                asked.SetResult();
                return HoldAsync(context);
            },
            Cancellation);
        using var client = new DcpClient(fake.Kubeconfig, time, NullLogger.Instance, Cancellation);

        var request = client.GetAsync<DcpService>("a", Cancellation);
        await asked.Task.WaitAsync(Cancellation);
        time.Advance(TimeSpan.FromSeconds(30));

        var exception = await Should.ThrowAsync<DcpException>(request);
        exception.Message.ShouldStartWith($"DCP did not answer at {fake.Kubeconfig.Server.Authority} when asked to show Service 'a': ");
    }

    [Fact]
    public async Task Request_WhenCancelled_IsNotTakenForSilence()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var fake = await FakeDcp.StartAsync(
            async context =>
            {
                await cancel.CancelAsync();
                await HoldAsync(context);
            },
            Cancellation);
        using var client = Connect(fake.Kubeconfig);

        await Should.ThrowAsync<OperationCanceledException>(() => client.GetAsync<DcpService>("a", cancel.Token));
    }

    [Fact]
    public async Task Request_ToAnotherServerThanOurs_IsNotSent()
    {
        var isAsked = false;
        await using var fake = await FakeDcp.StartAsync(
            _ =>
            {
                isAsked = true;
                return Task.CompletedTask;
            },
            Cancellation);
        using var another = FakeDcp.CreateCertificate();
        using var client = Connect(fake.Kubeconfig with { Authority = another });

        var exception = await Should.ThrowAsync<DcpException>(() => client.GetAsync<DcpService>("a", Cancellation));

        exception.StatusCode.ShouldBeNull();
        isAsked.ShouldBeFalse();
    }

    [Fact]
    public async Task Log_ThatBreaks_EndsWithWhatCame()
    {
        var received = new TaskCompletionSource();
        await using var fake = await FakeDcp.StartAsync(
            async context =>
            {
                await context.Response.WriteAsync("1 2026-11-23T14:30:23.699Z one\n2 2026-11-23T14:30:23.700Z tw", Cancellation);
                await received.Task.WaitAsync(context.RequestAborted);
                context.Abort();
            },
            Cancellation);
        using var client = Connect(fake.Kubeconfig);
        List<string> lines = [];

        await foreach (var line in client.StreamLogsAsync<DcpExecutable>("a", DcpLogSource.Stdout, follow: true, Cancellation))
        {
            lines.Add(line.Text);
            received.SetResult();
        }

        lines.ShouldBe(["one"]);
    }

    [Fact]
    public async Task Log_OfDcpThatDoesNotListen_IsEmpty()
    {
        var fake = await FakeDcp.StartAsync(Refuse, Cancellation);
        using var client = Connect(fake.Kubeconfig);
        await fake.DisposeAsync();

        var lines = await client.StreamLogsAsync<DcpExecutable>("a", DcpLogSource.Stdout, follow: true, Cancellation)
            .ToListAsync(Cancellation);

        lines.ShouldBeEmpty();
    }

    private static DcpClient Connect(DcpKubeconfig kubeconfig) =>
        new(kubeconfig, TimeProvider.System, NullLogger.Instance, Cancellation);

    private static async Task WriteThenBreakAsync(HttpContext context, string way, Task received)
    {
        await WriteAsync(context, [("ADDED", "a", 1), ("ADDED", "kept", 2), ("ADDED", "gone", 3)]);
        await received.WaitAsync(context.RequestAborted);
        switch (way)
        {
            case "abort":
                context.Abort();
                break;
            case "error":
                await WriteThenHoldAsync(context, """{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410}}""");
                break;
            case "garbage":
                await WriteThenHoldAsync(context, """{"type":"ADD""");
                break;
        }
    }

    private static async Task WriteThenHoldAsync(HttpContext context, (string Type, string Name, int Version)[] events)
    {
        await WriteAsync(context, events);
        await HoldAsync(context);
    }

    private static async Task WriteThenHoldAsync(HttpContext context, string line)
    {
        await context.Response.WriteAsync(line + "\n", Cancellation);
        await context.Response.Body.FlushAsync(Cancellation);
        await HoldAsync(context);
    }

    private static async Task HoldAsync(HttpContext context)
    {
        var left = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(left.SetResult);
        await left.Task;
    }

    private static async Task WriteAsync(HttpContext context, (string Type, string Name, int Version)[] events)
    {
        foreach (var (type, name, version) in events)
        {
            var line = JsonSerializer.Serialize(new { type, @object = Service(name, version) });
            await context.Response.WriteAsync(line + "\n", Cancellation);
        }

        await context.Response.Body.FlushAsync(Cancellation);
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsJsonAsync(new { kind = "Status", reason = "Forbidden", message = "not you" }, Cancellation);
    }

    private static object List(params string[] names) => new { items = names.Select(name => Service(name, 1)) };

    private static object Service(string name, int version) =>
        new { metadata = new { name, uid = $"uid-{name}", resourceVersion = $"{version}" }, spec = new { address = "localhost" } };
}
