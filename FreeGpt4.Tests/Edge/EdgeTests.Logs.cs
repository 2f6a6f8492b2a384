using System.Net;
using System.Text.Json;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    private static readonly string[] AccessLogMembers =
    [
        "time", "client", "request_id", "method", "route", "status", "bytes", "seconds", "replica", "upstream", "upstream_status",
        "upstream_connect_seconds", "upstream_first_byte_seconds", "upstream_seconds",
    ];

    [Fact]
    public async Task AccessLogFile_HasLineOfJsonForEachRequest_WithoutQuery()
    {
        using var folder = new LogFolder();
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers["x-freegpt4-replica"] = "r1";
            context.Response.ContentLength = 4;
            return context.Response.WriteAsync("four", context.RequestAborted);
        });
        await using var edge = await Program.StartAsync(
            replica.Address, ("LOG_DIR", folder.Path), ("MAX_BODY_SIZE", "1K"), ("TRUSTED_PROXIES", "127.0.0.1"), ("RATE_LIMIT_BURST", "2"), ("RATE_LIMIT_API", Slow));
        edge.Client.DefaultRequestHeaders.Add(RequestId, "mine");
        edge.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        edge.Client.DefaultRequestHeaders.Add("Referer", "http://a.example/?token=s3cr3t");

        // One after the other: each worker of nginx writes its own lines, a moment after the client has its answer.
        using var served = await edge.Client.PostAsync("/v1/\"models\"?token=s3cr3t", new StringContent("x"), Cancelled);
        await AccessLogAsync(folder.Path, atLeast: 1);
        using var tooLong = await edge.Client.PostAsync("/v1/chat/completions?token=s3cr3t", new ByteArrayContent(new byte[2000]), Cancelled);
        await AccessLogAsync(folder.Path, atLeast: 2);
        using var page = await edge.Client.GetAsync("/?text=s3cr3t", Cancelled);
        await AccessLogAsync(folder.Path, atLeast: 3);
        using var limited = await edge.Client.GetAsync("/?text=s3cr3t", Cancelled);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        limited.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        var lines = await AccessLogAsync(folder.Path, atLeast: 4);

        string.Join('\n', lines).ShouldNotContain("s3cr3t");
        lines.Length.ShouldBe(4);
        using var first = JsonDocument.Parse(lines[0]);
        first.RootElement.EnumerateObject().Select(member => member.Name).ShouldBe(AccessLogMembers);
        string Text(string name) => first.RootElement.GetProperty(name).GetString()!;
        first.RootElement.GetProperty("time").GetDateTimeOffset().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        Text("client").ShouldBe("203.0.113.9");
        Text("request_id").ShouldBe("mine");
        Text("method").ShouldBe("POST");
        Text("route").ShouldBe("/v1/%22models%22");
        Text("status").ShouldBe("200");
        first.RootElement.GetProperty("bytes").GetInt32().ShouldBe(4);
        first.RootElement.GetProperty("seconds").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
        Text("replica").ShouldBe("r1");
        Text("upstream").ShouldBe(replica.Address.Authority);
        Text("upstream_status").ShouldBe("200");
        foreach (var seconds in (string[])["upstream_connect_seconds", "upstream_first_byte_seconds", "upstream_seconds"])
        {
            double.Parse(Text(seconds), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(0, seconds);
        }

        foreach (var (line, status) in lines.Zip((string[])["200", "413", "200", "429"]))
        {
            using var document = JsonDocument.Parse(line);
            document.RootElement.EnumerateObject().Select(member => member.Name).ShouldBe(AccessLogMembers);
            document.RootElement.GetProperty("status").GetString().ShouldBe(status);
        }
    }

    [Fact]
    public async Task ErrorLogFile_ReplicaThatCannotBeReached_HasALineForEachFailure()
    {
        using var folder = new LogFolder();
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await Program.StartAsync(refusing.Address, ("LOG_DIR", folder.Path), ("UPSTREAM_KEEPALIVE", "8"));

        using var response = await edge.Client.GetAsync("/v1/models?token=s3cr3t", Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        var log = Path.Combine(folder.Path, "error.log");
        await Eventually.IsTrue(
            async () => File.Exists(log) && (await File.ReadAllTextAsync(log, Cancelled)).Contains("refused", StringComparison.OrdinalIgnoreCase),
            Patience.Limit, "the failure is in error.log", Cancelled);
        var lines = await File.ReadAllLinesAsync(log, Cancelled);
        // And no stack trace, which would hide the rest.
        lines.ShouldAllBe(line => char.IsAsciiDigit(line[0]));
        lines.ShouldAllBe(line => !line.Contains("s3cr3t"));
    }

    [Fact]
    public async Task AccessLogFile_TooLarge_IsRotatedAndTheOldestIsRemoved()
    {
        const int Size = 64 << 10;
        const int Count = 3;
        using var folder = new LogFolder();
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(
            replica.Address,
            ("LOG_DIR", folder.Path), ("LOG_FILE_SIZE", "64K"), ("LOG_FILE_COUNT", $"{Count}"), ("RATE_LIMIT_API", "off"));

        // Paths that fill the log, until it was rotated more often than there are files to keep.
        var seen = new HashSet<string>();
        await Eventually.IsTrue(
            async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, 20).Select(number => edge.Client.GetAsync($"/{new string('x', 4000)}/{number}", Cancelled)));
                Files().Length.ShouldBeLessThanOrEqualTo(Count + 1);
                seen.UnionWith(Files().Where(file => file.Length > 0).Select(Start));
                return seen.Count > Count;
            },
            Patience.Limit, "the log is rotated", Cancelled);

        await Eventually.IsTrue(() => Files().Length == Count, Patience.Limit, $"{Count} files are left", Cancelled);
        (await edge.Client.GetAsync("/the-last", Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var current = Path.Combine(folder.Path, "access.log");
        await Eventually.IsTrue(
            () => File.Exists(current) && File.ReadAllText(current).Contains("/the-last", StringComparison.Ordinal),
            Patience.Limit / 6, "the last request is in access.log", Cancelled);
        foreach (var file in Files())
        {
            // Rotated when it is larger than that, not before.
            (file.FullName == current || file.Length >= Size).ShouldBeTrue($"{file.Name}: {file.Length}");
            foreach (var line in await File.ReadAllLinesAsync(file.FullName, Cancelled))
            {
                using var document = JsonDocument.Parse(line);
            }
        }

        FileInfo[] Files() => new DirectoryInfo(folder.Path).GetFiles("access*");

        // Each file is known by its first line, whatever its name is by now.
        static string Start(FileInfo file)
        {
            try
            {
                using var reader = new StreamReader(file.FullName);
                return reader.ReadLine() is { } line && line.EndsWith('}') ? line : "";
            }
            catch (FileNotFoundException)
            {
                return "";
            }
        }
    }

    // A line is written when a request is over, a moment after the client has its answer.
    private static async Task<string[]> AccessLogAsync(string folder, int atLeast)
    {
        var log = Path.Combine(folder, "access.log");
        await Eventually.IsTrue(
            () => File.Exists(log) && ReadLines().Length >= atLeast, Patience.Limit, $"{atLeast} lines in {log}", Cancelled);
        return ReadLines();

        string[] ReadLines()
        {
            using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    /// <summary>One that others can enter: the workers of an nginx that root starts are another user's.</summary>
    private sealed class LogFolder : IDisposable
    {
        public string Path { get; }
            = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"freegpt4-edge-logs-{Guid.NewGuid():N}")).FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
