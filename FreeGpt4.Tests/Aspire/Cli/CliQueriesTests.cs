using System.Globalization;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Cli;

/// <summary>What the CLI can be told about an AppHost that runs.</summary>
[Collection(AspireCliFixture.Name)]
public sealed class CliQueriesTests(AspireCliFixture fixture)
{
    private readonly AspireCli _cli = fixture.Cli;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Start_OfTheAppHost_TellsWhereTheDashboardIs()
    {
        fixture.Started.Output.ShouldContain("started successfully");
        fixture.Started.Output.ShouldMatch(@"Dashboard:\s+http://localhost:\d+/login\?t=[0-9a-f]{32}");
    }

    [Fact]
    public void Sockets_OfTheAppHost_AreOfThisUserOnly_AndThoseOfAKilledOneAreGone()
    {
        _cli.Sockets.UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var files = _cli.Sockets.EnumerateFiles().ToArray();
        files.Length.ShouldBe(2, "one for the CLI that has started the AppHost, one for all others");
        files.ShouldAllBe(file => file.UnixFileMode == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task Ps_TellsOfTheAppHost()
    {
        var appHost = (await JsonAsync("ps")).AsArray().ShouldHaveSingleItem()!;

        appHost["appHostPath"]!.GetValue<string>().ShouldBe(AspireCli.AppHost);
        appHost["status"]!.GetValue<string>().ShouldBe("running");
        appHost["sdkVersion"]!.GetValue<string>().ShouldStartWith("13.5.");
        appHost["cliPid"]!.GetValue<int>().ShouldBeGreaterThan(0);
        appHost["dashboardUrl"]!.GetValue<string>().ShouldContain("/login?t=");
    }

    [Fact]
    public async Task Describe_TellsOfEachReplica_WithoutSecrets()
    {
        var rows = await DescribeAsync();

        rows.Count(row => Text(row, "displayName") == "llm-api").ShouldBe(2);
        foreach (var row in rows.Where(row => Text(row, "resourceType") == "Project"))
        {
            Text(row, "state").ShouldBe("Running");
            Text(row, "healthStatus").ShouldBe("Healthy");
        }

        var replica = rows.First(row => Text(row, "displayName") == "llm-api");
        var environment = replica["environment"]!.AsObject();
        environment["FALLBACK_PROVIDERS"]!.GetValue<string>().ShouldBe("Custom,Demo");
        environment.ContainsKey("CUSTOM_API_KEY").ShouldBeTrue();
        environment["CUSTOM_API_KEY"].ShouldBeNull();
        rows.ShouldNotContain(row => Text(row, "displayName") == "aspire-dashboard");
    }

    [Fact]
    public async Task Describe_AsATable_NamesThem()
    {
        var result = await _cli.RunWithAppHostAsync("describe", "--include-hidden");

        result.ShouldSucceed().Output.ShouldContain("aspire-dashboard");
        result.Output.ShouldContain($"http://localhost:{_cli.EdgePort}");
    }

    [Fact]
    public async Task Describe_ThatFollows_TellsUntilInterrupted()
    {
        var (exitCode, output) = await _cli.RunUntilAsync(
            line => line.Contains("\"displayName\":\"proxy\"", StringComparison.Ordinal), "describe", "--follow", "--format", "json", "--apphost", AspireCli.AppHost);

        exitCode.ShouldBe(0, output);
        output.ShouldContain("\"state\":\"Running\"");
    }

    [Fact]
    public async Task Describe_OfAnUnknownResource_Fails()
        => (await _cli.RunWithAppHostAsync("describe", "nobody")).ExitCode.ShouldNotBe(0);

    [Fact]
    public async Task Logs_OfOneResource_AreThoseOfItsReplicas()
    {
        var lines = await LogsAsync("llm-api");

        lines.Select(line => Text(line, "resourceName")).Distinct().Count().ShouldBe(2);
        lines.ShouldContain(line => Text(line, "content").Contains("Application started", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_WithATail_AreThatMany()
    {
        var replica = (await DescribeAsync()).First(row => Text(row, "displayName") == "llm-api");

        (await LogsAsync(Text(replica, "name"), "--tail", "2")).Count.ShouldBe(2);
        (await LogsAsync("llm-api", "--tail", "3")).Count.ShouldBe(3);
        (await LogsAsync("proxy", "--search", "Now listening", "--tail", "1")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Logs_WithTimestamps_AreInOrder()
    {
        var times = (await LogsAsync("--timestamps")).Select(line => DateTime.Parse(Text(line, "timestamp"), CultureInfo.InvariantCulture)).ToArray();

        times.Length.ShouldBeGreaterThan(3);
        times.ShouldBe(times.Order());
    }

    [Fact]
    public async Task Logs_ThatFollow_GoOnUntilInterrupted()
    {
        var (exitCode, output) = await _cli.RunUntilAsync(
            line => line.Contains("Content root path", StringComparison.Ordinal), "logs", "proxy", "--follow", "--apphost", AspireCli.AppHost);

        exitCode.ShouldBe(0, output);
        output.ShouldContain("[proxy]");
    }

    [Theory]
    [InlineData(0, "is healthy", "llm-api")]
    [InlineData(0, "is up", "llm-api", "--status", "up")]
    [InlineData(0, "is healthy", "proxy", "--status", "healthy", "--timeout", "10")]
    [InlineData(17, "Timed out", "llm-api", "--status", "down", "--timeout", "1")]
    [InlineData(18, "not found", "nobody")]
    [InlineData(1, "Invalid status", "llm-api", "--status", "blue")]
    public async Task Wait_EndsWithWhatCameOfIt(int exitCode, string message, params string[] arguments)
    {
        var result = await _cli.RunWithAppHostAsync("wait", arguments);

        result.ExitCode.ShouldBe(exitCode, result.Output + result.Error);
        (result.Output + result.Error).ShouldContain(message);
    }

    [Fact]
    public async Task Otel_ShowsLogsTracesAndSpans()
    {
        using var client = new HttpClient();
        (await client.GetAsync($"http://localhost:{_cli.EdgePort}/models", Cancelled)).EnsureSuccessStatusCode();

        (await OtelAsync("logs", "llm-api")).ShouldContain("Application started");
        await Eventually.IsTrue(async () => (await OtelAsync("traces", "proxy")).Contains("proxy", StringComparison.Ordinal), Patience.Limit, "a trace of the edge", Cancelled);
        await Eventually.IsTrue(async () => (await OtelAsync("spans", "llm-api")).Contains("GET /models", StringComparison.Ordinal), Patience.Limit, "a span of the API", Cancelled);
    }

    [Fact]
    public async Task Ls_FindsTheAppHost()
    {
        var listing = _cli.Command("ls", "--format", "json") with { WorkingDirectory = Path.GetDirectoryName(AspireCli.AppHost)! };

        var found = JsonNode.Parse((await listing.RunAsync(Cancelled)).ShouldSucceed().Output)!.AsArray().ShouldHaveSingleItem()!;

        found["path"]!.GetValue<string>().ShouldBe(AspireCli.AppHost);
        found["status"]!.GetValue<string>().ShouldBe("buildable");
    }

    [Fact]
    public async Task Doctor_FindsDcp()
    {
        // How it ends is about the machine.
        var result = await _cli.RunAsync("doctor");

        result.Output.ShouldContain("Developer Control Plane (DCP) connection");
        result.Output.ShouldContain("Aspire CLI version 13.5.");
    }

    private async Task<JsonNode> JsonAsync(string command, params string[] arguments)
        => JsonNode.Parse((await _cli.RunAsync([command, "--format", "json", .. arguments])).ShouldSucceed().Output)!;

    private async Task<IReadOnlyList<JsonNode>> DescribeAsync()
        => [.. (await JsonAsync("describe", "--apphost", AspireCli.AppHost))["resources"]!.AsArray().Select(row => row!)];

    private async Task<IReadOnlyList<JsonNode>> LogsAsync(params string[] arguments)
        => [.. (await JsonAsync("logs", ["--apphost", AspireCli.AppHost, .. arguments]))["logs"]!.AsArray().Select(line => line!)];

    private async Task<string> OtelAsync(string what, string resource)
        => (await _cli.RunAsync("otel", what, resource, "--apphost", AspireCli.AppHost)).ShouldSucceed().Output;

    private static string Text(JsonNode node, string name) => node[name]?.GetValue<string>() ?? "";
}
