using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Publishing;

/// <summary>A command line that asks for what cannot be done: one line that says so, and exit code 1.</summary>
public sealed class PublishingErrorsTests
{
    [Theory]
    [InlineData(
        "--publisher helm --output-path out",
        "error: --publisher is \"helm\"; allowed is manifest. For Docker Compose: --operation publish --step publish --output-path FOLDER.")]
    [InlineData("--operation deploy", "error: --operation is \"deploy\"; allowed is run or publish.")]
    [InlineData(
        "--operation publish --step deploy --output-path out",
        "error: --step is \"deploy\", which does not exist; allowed is one of before-start, finish-compose, prepare-deployment-targets-compose, publish, publish-compose, publish-manifest.")]
    [InlineData("--publisher manifest", "error: --output-path is not set; it is the file to write, as in --output-path aspire-manifest.json.")]
    public async Task Argument_ThatIsNotKnown_IsNamedWithWhatIsAllowed(string arguments, string expected)
    {
        var run = await ToolProcess.RunAsync(AppHostProcess.Program, arguments.Split(' '));

        run.Errors.Trim().ShouldBe(expected);
        run.Output.ShouldBeEmpty();
        run.ExitCode.ShouldBe(1);
    }

    [Theory]
    [InlineData("--operation publish --output-path {0}/folder")]
    [InlineData("--publisher manifest --output-path {0}/folder/aspire-manifest.json")]
    public async Task OutputPath_BelowAFile_IsNamed(string arguments)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        var run = await ToolProcess.RunAsync(AppHostProcess.Program, arguments.Replace("{0}", file, StringComparison.Ordinal).Split(' '));

        run.Errors.Trim().ShouldStartWith($"error: --output-path is \"{file}/folder");
        run.Errors.Trim().ShouldContain("where nothing can be written: ");
        run.Errors.Trim().ShouldNotContain('\n');
        run.ExitCode.ShouldBe(1);
    }
}
