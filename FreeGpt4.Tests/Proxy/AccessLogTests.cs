using System.Text.Json.Nodes;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class AccessLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_Served_IsALineWithoutItsQuery()
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers["x-freegpt4-replica"] = "r1";
            return context.Response.WriteAsync("four", context.RequestAborted);
        });
        await using var edge = EdgeOf(replica.Address);
        edge.Client.DefaultRequestHeaders.Add("x-request-id", "mine");

        using var probe = await edge.Client.GetAsync("/health", Cancelled);
        using var response = await edge.Client.PostAsync("/v1/\"models\"?token=s3cr3t", new StringContent("x"), Cancelled);
        var line = (await LinesAsync(1)).ShouldHaveSingleItem();

        line.Select(member => member.Key).ShouldBe(
        [
            "time", "client", "request_id", "method", "route", "status", "bytes", "seconds", "replica", "upstream", "upstream_status",
            "upstream_connect_seconds", "upstream_first_byte_seconds", "upstream_seconds",
        ]);
        line.ToJsonString().ShouldNotContain("s3cr3t");
        ((DateTimeOffset)line["time"]!).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        Text(line, "client").ShouldBe("127.0.0.1");
        Text(line, "request_id").ShouldBe("mine");
        Text(line, "method").ShouldBe("POST");
        Text(line, "route").ShouldBe("/v1/%22models%22");
        Text(line, "status").ShouldBe("200");
        ((int)line["bytes"]!).ShouldBe(4);
        ((double)line["seconds"]!).ShouldBeGreaterThanOrEqualTo(0);
        Text(line, "replica").ShouldBe("r1");
        Text(line, "upstream").ShouldBe(replica.Address.Authority);
        Text(line, "upstream_status").ShouldBe("200");
        Text(line, "upstream_connect_seconds").ShouldMatch(@"^\d+\.\d{3}$");
        Text(line, "upstream_first_byte_seconds").ShouldMatch(@"^\d+\.\d{3}$");
        Text(line, "upstream_seconds").ShouldMatch(@"^\d+\.\d{3}$");
    }

    [Fact]
    public async Task Requests_ThatFailOrAreRefused_AreLinesToo()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = EdgeOf(refusing.Address).With("RATE_LIMIT_SETTINGS", "1r/m").With("RATE_LIMIT_SETTINGS_BURST", "0");

        using var unreachable = await edge.Client.GetAsync("/settings", Cancelled);
        using var limited = await edge.Client.GetAsync("/settings", Cancelled);
        using (var raw = await RawClient.ConnectAsync(edge.Client.BaseAddress!.Port))
        {
            await raw.SendAsync("GET /?token=s3cr3t and more HTTP/1.1\r\nHost: a\r\n\r\n");
            await raw.ReceiveAsync();
        }

        var lines = await LinesAsync(3);
        lines.Select(line => Text(line, "status")).ShouldBe(["502", "429", "400"]);
        lines.Select(line => Text(line, "upstream")).ShouldBe([$"{refusing.Address.Authority}, {refusing.Address.Authority}", "", ""]);
        Text(lines[0], "upstream_status").ShouldBe("502, 502");
        Text(lines[0], "upstream_connect_seconds").ShouldBe("-, -");
        Text(lines[0], "upstream_first_byte_seconds").ShouldBe("-, -");
        lines.Select(line => line.ToJsonString()).ShouldAllBe(line => !line.Contains("s3cr3t"));
    }

    [Fact]
    public async Task Client_LeavingBeforeTheAnswer_Is499()
    {
        var arrived = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(context =>
        {
            arrived.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var edge = EdgeOf(replica.Address);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var request = edge.Client.GetAsync("/v1/models", leaving.Token);
        await arrived.Task;
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(request);

        Text((await LinesAsync(1))[0], "status").ShouldBe("499");
    }

    [Fact]
    public async Task Log_LargerThanAllowed_IsRotatedAndOldOnesGo()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = EdgeOf(replica.Address).With("LOG_FILE_SIZE", "64K").With("LOG_FILE_COUNT", "2").With("RATE_LIMIT_API", "off");
        var path = $"/v1/{new string('a', 8000)}";

        for (var i = 0; i < 40; i++)
        {
            using var response = await edge.Client.GetAsync(path, Cancelled);
        }

        await Eventually.IsTrue(
            () => Directory.GetFiles(_folder.Path, "access.log*").Select(Path.GetFileName).Order().SequenceEqual(["access.log", "access.log.1"]),
            Patience.Limit, "the last two files are left", Cancelled);
        Directory.GetFiles(_folder.Path, "access.log*").ShouldAllBe(file => new FileInfo(file).Length < 80 << 10);
    }

    [Fact]
    public async Task Folder_ThatCannotBeWritten_StopsTheStartWithOneLine()
    {
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "", Cancelled);
        await using var edge = ServiceProcess.Start("FreeGpt4.Proxy", ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("LOG_DIR", file));

        (await edge.ExitCodeAsync()).ShouldBe(1);

        edge.Errors.ShouldHaveSingleItem().ShouldStartWith($"LOG_DIR is \"{file}\"; allowed is ");
    }

    public void Dispose() => _folder.Dispose();

    private static string Text(JsonObject line, string name) => (string)line[name]!;

    private ProxyFactory EdgeOf(Uri replica) => new ProxyFactory([replica]).With("LOG_DIR", _folder.Path);

    // A line is written when the request has ended, a moment after the client has its answer.
    private async Task<JsonObject[]> LinesAsync(int expected)
    {
        var log = Path.Combine(_folder.Path, "access.log");
        string[] lines = [];
        await Eventually.IsTrue(
            () =>
            {
                using var reader = new StreamReader(new FileStream(log, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite));
                lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
                return lines.Length >= expected;
            },
            Patience.Limit, $"{expected} lines in {log}", Cancelled);
        return [.. lines.Select(line => JsonNode.Parse(line)!.AsObject())];
    }
}
