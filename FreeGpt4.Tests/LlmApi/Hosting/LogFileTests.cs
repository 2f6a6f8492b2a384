using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Hosting;

/// <summary>The files in <c>LOG_DIR</c>, of real processes.</summary>
public sealed class LogFileTests
{
    [Fact]
    public async Task Files_OfReplicasThatAreCalledTheSame_AreTheirOwn()
    {
        using var folder = new TemporaryFolder();
        await using var a = Start(folder, ("REPLICA_ID", "same_name"));
        await a.AddressAsync();
        await using var b = Start(folder, ("REPLICA_ID", "same_name"));
        await b.AddressAsync();

        await StopAsync(a);
        await StopAsync(b);

        Names(folder).ShouldBe(["llm-api-same_name.2.log", "llm-api-same_name.log"]);
        foreach (var file in Directory.GetFiles(folder.Path))
        {
            var lines = File.ReadLines(file).Select(line => JsonNode.Parse(line).ShouldNotBeNull()).ToList();
            lines.Count(line => line.Value("message").ShouldNotBeNull().StartsWith("Now listening on: ", StringComparison.Ordinal)).ShouldBe(1);
            lines.ShouldAllBe(line => line.Value("time") != null && line.Value("level") != null && line.Value("category") != null);
        }
    }

    [Fact]
    public async Task Files_ThatAreFull_AreRotated_AndOldOnesGo()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(
            folder,
            ("REPLICA_ID", "a"), ("LOG_FILE_SIZE", "64K"), ("LOG_FILE_COUNT", "3"), ("ENABLE_REQUEST_LOGGING", "true"), ("CUSTOM_BASE_URL", upstream.BaseUrl));
        using var client = new HttpClient { BaseAddress = await api.AddressAsync() };

        for (var i = 0; i < 800; i++)
        {
            using var response = await client.ChatAsync(ChatRequests.Body());
            _ = await response.TextAsync();
        }

        await StopAsync(api);
        var files = new DirectoryInfo(folder.Path).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        files.Select(file => file.Name).ShouldBe(["llm-api-a.log", "llm-api-a.log.1", "llm-api-a.log.2"]);
        files.ShouldAllBe(file => file.Length < 80 << 10);
    }

    [Fact]
    public async Task Files_WithScopes_HaveNoPathsAndWhatTheMessageSays()
    {
        using var folder = new TemporaryFolder();
        var logs = Path.Combine(folder.Path, "made");
        await using var upstream = await UpstreamServer.StartAsync(Status(500, "{}"));
        await using var api = Start(folder, ("LOG_DIR", logs), ("REPLICA_ID", "a"), ("LOG_LEVEL", "DEBUG"), ("CUSTOM_BASE_URL", upstream.BaseUrl));
        using var client = new HttpClient { BaseAddress = await api.AddressAsync() };

        using var nowhere = await client.GetAsync("/my-secret-path", TestContext.Current.CancellationToken);
        using var chat = await client.ChatAsync(ChatRequests.Body());

        await StopAsync(api);
        var file = Directory.GetFiles(logs).ShouldHaveSingleItem();
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        text.ShouldContain("Custom did not answer");
        text.ShouldContain("\"RequestId\"");
        text.ShouldNotContain("RequestPath");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(logs).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task Files_OfReplicasThatAreGone_StayInSuchNumberAsOneMayHave()
    {
        using var folder = new TemporaryFolder();
        await using var running = Start(folder, ("REPLICA_ID", "running"), ("LOG_FILE_COUNT", "2"));
        await running.AddressAsync();
        for (var i = 0; i < 4; i++)
        {
            await using var killed = Start(folder, ("REPLICA_ID", $"gone-{i}"), ("LOG_FILE_COUNT", "2"));
            await killed.AddressAsync();
        }

        File.WriteAllText(Path.Combine(folder.Path, "access.log"), "somebody else's");
        await using var last = Start(folder, ("REPLICA_ID", "last"), ("LOG_FILE_COUNT", "2"));
        await last.AddressAsync();

        Names(folder).ShouldBe(["access.log", "llm-api-gone-2.log", "llm-api-gone-3.log", "llm-api-last.log", "llm-api-running.log"]);
    }

    [Theory]
    [InlineData("LOG_FILE_SIZE", "1K")]
    [InlineData("LOG_FILE_COUNT", "0")]
    [InlineData("LOG_LEVEL", "LOUD")]
    [InlineData("ENABLE_REQUEST_LOGGING", "perhaps")]
    [InlineData("LOG_DIR", "/proc/nobody-can-write-here")]
    public async Task Setting_ThatIsWrong_StopsTheStartWithOneLine(string name, string value)
    {
        using var folder = new TemporaryFolder();
        await using var api = Start(folder, (name, value));

        (await api.ExitCodeAsync()).ShouldBe(1);

        api.Errors.ShouldHaveSingleItem().ShouldStartWith($"{name} is \"{value}\"");
    }

    private static ServiceProcess Start(TemporaryFolder folder, params (string Name, string Value)[] settings) => ServiceProcess.Start(
        "FreeGpt4.LlmApi", [("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("FALLBACK_PROVIDERS", "Custom"), ("LOG_DIR", folder.Path), .. settings]);

    private static async Task StopAsync(ServiceProcess api)
    {
        await api.TerminateAsync();
        (await api.ExitCodeAsync()).ShouldBe(0);
    }

    private static IEnumerable<string> Names(TemporaryFolder folder) =>
        new DirectoryInfo(folder.Path).GetFiles("*.log").Select(file => file.Name).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal);
}
