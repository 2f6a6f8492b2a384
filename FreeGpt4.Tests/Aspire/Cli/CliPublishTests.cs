namespace FreeGpt4.Tests.Aspire.Cli;

/// <summary>What the CLI shows while the AppHost publishes, and how it ends.</summary>
public sealed class CliPublishTests : IDisposable
{
    private readonly AspireCli _cli = new();

    private string Output => Path.Combine(_cli.Home, "output");

    [Theory]
    [InlineData("publish")]
    [InlineData("do", "publish")]
    public async Task Publish_ShowsEachStep_AndWritesTheFiles(params string[] command)
    {
        var result = await _cli.RunAsync([.. command, "--no-build", "--apphost", AspireCli.AppHost, "--output-path", Output]);

        result.ShouldSucceed();
        result.Output.ShouldContain("(publish-compose) ✓");
        result.Output.ShouldContain("5/5 steps succeeded");
        result.Output.ShouldContain($"Wrote {Output}/docker-compose.yaml");
        File.ReadAllText(Path.Combine(Output, "docker-compose.yaml")).ShouldContain("llm-api");
    }

    [Fact]
    public async Task Do_OfAnUnknownStep_SaysWhichThereAre()
    {
        var result = await _cli.RunAsync("do", "nonsense", "--no-build", "--apphost", AspireCli.AppHost, "--output-path", Output);

        result.ExitCode.ShouldBe(6, result.Output + result.Error);
        result.Output.ShouldContain("--step is \"nonsense\", which does not exist; allowed is one of before-start,");
    }

    [Fact]
    public async Task Publish_ToWhereNothingCanBe_ShowsTheStepThatFailed()
    {
        var result = await _cli.RunAsync("publish", "--no-build", "--apphost", AspireCli.AppHost, "--output-path", "/proc/nowhere");

        result.ExitCode.ShouldBe(6, result.Output + result.Error);
        result.Output.ShouldContain("(publish-compose) ✗ --output-path is \"/proc/nowhere\", where nothing can be written");
    }

    [Fact]
    public async Task ListSteps_DoesNone()
    {
        var result = await _cli.RunAsync("do", "publish-compose", "--list-steps", "--no-build", "--apphost", AspireCli.AppHost, "--output-path", Output);

        result.ShouldSucceed();
        result.Output.ShouldContain("3. publish-compose");
        result.Output.ShouldNotContain("finish-compose");
        Directory.Exists(Output).ShouldBeFalse();
    }

    public void Dispose() => _cli.Dispose();
}
