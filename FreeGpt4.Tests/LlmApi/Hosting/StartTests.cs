using System.Diagnostics;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Hosting;

/// <summary>The built program, started as an operator starts it.</summary>
public sealed class StartTests
{

    [Theory]
    [InlineData("CUSTOM_BASE_URL", "localhost:1234", "http://")]
    [InlineData("CUSTOM_BASE_URL", "ftp://localhost/v1", "http://")]
    [InlineData("CUSTOM_FIRST_TOKEN_TIMEOUT", "0s", "500ms, 30s")]
    [InlineData("CUSTOM_INTER_TOKEN_TIMEOUT", "-1s", "500ms, 30s")]
    [InlineData("STREAM_PING_INTERVAL", "often", "500ms, 30s")]
    [InlineData("LOG_LEVEL", "LOUD", "TRACE, DEBUG, INFO, WARNING, ERROR")]
    [InlineData("REPLICA_ID", "a b", "letters")]
    [InlineData("KEYWORD", "a&b", "letters")]
    [InlineData("KEYWORD", "Token", "but not \"token\"")]
    [InlineData("REMOVE_SOURCES", "yes", "true, false")]
    [InlineData("COMPAT_STATUS", "500", "200")]
    [InlineData("PRIVATE_MODE", "yes", "true, false")]
    public async Task Setting_ThatIsWrong_StopsTheStartInOneLine(string name, string value, string allowed)
    {
        var (exitCode, errors) = await StartAsync((name, value));

        exitCode.ShouldBe(1);
        var line = errors.TrimEnd('\n');
        line.ShouldNotContain("\n");
        line.ShouldStartWith($"{name} is \"{value}\"; allowed");
        line.ShouldContain(allowed);
    }

    [Theory]
    [InlineData("ADMIN_PASSWORD", "secret")]
    [InlineData("CUSTOM_API_KEY", "sk-secret words")]
    [InlineData("CUSTOM_BASE_URL", "https://me:sk-secret@example.com/v1")]
    public async Task Setting_ThatHoldsASecret_IsRefusedWithoutRepeatingIt(string name, string value)
    {
        var (exitCode, errors) = await StartAsync((name, value));

        exitCode.ShouldBe(1);
        errors.ShouldStartWith(name);
        errors.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Settings_ThatAreWrong_HaveALineEach()
    {
        var (exitCode, errors) = await StartAsync(("LOG_LEVEL", "LOUD"), ("CUSTOM_BASE_URL", "x"));

        exitCode.ShouldBe(1);
        errors.TrimEnd('\n').Split('\n').Length.ShouldBe(2);
    }

    [Fact]
    public async Task Start_WithEmptySettings_ListensWhereItIsTold()
    {
        using var api = Start(("CUSTOM_BASE_URL", ""), ("CUSTOM_API_KEY", ""), ("LOG_LEVEL", ""), ("REPLICA_ID", ""));
        try
        {
            var address = await ListeningAsync(api);
            address.ShouldStartWith("http://127.0.0.1:");
            using var client = new HttpClient { BaseAddress = new(address) };

            using var response = await client.GetAsync(new Uri("/models", UriKind.Relative), TestContext.Current.CancellationToken);

            (await response.TextAsync()).ShouldBe("""["auto","gpt-4","gpt-4o","gpt-4o-mini"]""");
            response.Header("x-freegpt4-replica").ShouldEndWith($"-{api.Id}");
        }
        finally
        {
            api.Kill(entireProcessTree: true);
            await api.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> ListeningAsync(Process api)
    {
        const string Announcement = "Now listening on: ";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience.Limit);
        while (await api.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.IndexOf(Announcement, StringComparison.Ordinal) is >= 0 and var at)
            {
                return line[(at + Announcement.Length)..].Trim();
            }
        }

        throw new InvalidOperationException($"The API ended: {await api.StandardError.ReadToEndAsync(patience.Token)}");
    }

    private static async Task<(int ExitCode, string Errors)> StartAsync(params (string Name, string Value)[] settings)
    {
        using var api = Start(settings);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience.Limit);
        try
        {
            var output = api.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = await api.StandardError.ReadToEndAsync(patience.Token);
            (await output).ShouldBeEmpty();
            await api.WaitForExitAsync(patience.Token);
            return (api.ExitCode, errors);
        }
        finally
        {
            if (!api.HasExited)
            {
                api.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "FreeGpt4.LlmApi.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment.Remove("OTEL_RESOURCE_ATTRIBUTES");

        // No test reaches the internet.
        start.Environment["FALLBACK_PROVIDERS"] = "Custom";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start).ShouldNotBeNull();
    }
}
