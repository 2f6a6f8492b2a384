using System.Text.Json.Nodes;
using FreeGpt4.ServiceDefaults.LogFiles;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed partial class FileLoggersTests
{
    [Fact]
    public async Task Scopes_AroundAMessage_AddIdsAndReplaceNothingInIt()
    {
        using var folder = new TemporaryFolder();
        await using (var services = new ServiceCollection()
            .AddLogging(logging => logging.AddOwnLogFile(new LogFile(folder.Path, "a", 1 << 20, 5), "a"))
            .BuildServiceProvider())
        {
            var logger = services.GetRequiredService<ILogger<FileLoggersTests>>();
            using var scope = logger.BeginScope(new Dictionary<string, object>
            {
                ["RequestPath"] = "/my-secret-path", ["RequestId"] = "of the scope", ["ConnectionId"] = "c1", ["Other"] = "x",
            });
            Log.Said(logger, "of the message");
        }

        var text = await File.ReadAllTextAsync(Path.Combine(folder.Path, "a.log"), TestContext.Current.CancellationToken);
        var line = JsonNode.Parse(text);
        line.Value("message").ShouldBe("said of the message");
        line.Value("RequestId").ShouldBe("of the message");
        line.Value("ConnectionId").ShouldBe("c1");
        line.Value("Other").ShouldBeNull();
        text.ShouldNotContain("my-secret-path");
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "said {RequestId}")]
        public static partial void Said(ILogger logger, string requestId);
    }
}
