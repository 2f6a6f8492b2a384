using System.Runtime.Versioning;
using System.Xml.Linq;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>Which Aspire.Hosting a build takes, asked of real NuGet sources by a real <c>dotnet</c>.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostingChoiceTests : IDisposable
{
    private readonly BuildWorkspace _workspace = new();
    private readonly FolderFeed _feed;

    public HostingChoiceTests()
    {
        _feed = _workspace.NewFeed();
        _workspace.UseSource(_feed.Path);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("13.5.0")]
    [InlineData("13.5.77")]
    public async Task Feed_WithTheSeries_IsPackagesOfThatVersion(string version)
    {
        _feed.Add("Aspire.Hosting", version);

        (await ChoiceAsync()).ShouldBe("packages");
        RecordedVersion().ShouldBe(version);
    }

    [Fact]
    public async Task Feed_WithSeveralPatches_IsThePinnedOne()
    {
        _feed.Add("Aspire.Hosting", "13.5.1").Add("Aspire.Hosting", "13.5.2").Add("Aspire.Hosting", "13.5.3");

        (await ChoiceAsync()).ShouldBe("packages");
        RecordedVersion().ShouldBe("13.5.2");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("9.4.0")]
    [InlineData("13.6.0")]
    public async Task Feed_WithoutTheSeries_IsLocal(string? other)
    {
        if (other is not null)
        {
            _feed.Add("Aspire.Hosting", other);
        }

        (await ChoiceAsync()).ShouldBe("local");
        File.Exists(_workspace.Record).ShouldBeTrue();
    }

    [Fact]
    public async Task Feed_OutOfReach_IsAnErrorAndNothingIsRecorded()
    {
        using var closed = new ClosedPort();
        _workspace.UseSource($"http://someone:secret@{closed.Address}/v3/index.json");

        var result = await _workspace.Choose().RunAsync(Cancellation);

        result.ExitCode.ShouldNotBe(0);
        var error = result.BuildErrors.ShouldHaveSingleItem();
        error.ShouldContain("NU1301");
        error.ShouldContain(closed.Address);
        error.ShouldContain("AspireHosting=local");
        error.ShouldNotContain("secret");
        File.Exists(_workspace.Record).ShouldBeFalse();
    }

    [Fact]
    public async Task Feed_WithOnlyAPreviewOfTheSeries_IsAnErrorAndNothingIsRecorded()
    {
        _feed.Add("Aspire.Hosting", "13.5.2-preview.1");

        var result = await _workspace.Choose().RunAsync(Cancellation);

        result.ExitCode.ShouldNotBe(0);
        result.BuildErrors.ShouldHaveSingleItem().ShouldContain("NU1103");
        File.Exists(_workspace.Record).ShouldBeFalse();
    }

    [Theory]
    [InlineData("packages")]
    [InlineData("local")]
    public async Task Override_IsTakenAndNobodyIsAsked(string choice)
    {
        _workspace.UseSource("/there/is/no/such/folder");

        (await ChoiceAsync($"-p:AspireHosting={choice}")).ShouldBe(choice);
        File.Exists(_workspace.Record).ShouldBeFalse();
    }

    [Fact]
    public async Task Override_AfterAnAnswer_StandsAboveIt()
    {
        (await ChoiceAsync()).ShouldBe("local");
        var recorded = await File.ReadAllTextAsync(_workspace.Record, Cancellation);

        (await ChoiceAsync("-p:AspireHosting=packages")).ShouldBe("packages");
        (await File.ReadAllTextAsync(_workspace.Record, Cancellation)).ShouldBe(recorded);
    }

    [Fact]
    public async Task Override_WithAnythingElse_IsOneErrorThatNamesIt()
    {
        var result = await _workspace.Choose("-p:AspireHosting=nuget").RunAsync(Cancellation);

        result.ExitCode.ShouldNotBe(0);
        result.BuildErrors.ShouldHaveSingleItem().ShouldContain("AspireHosting is 'nuget'; it can be 'packages', 'local'");
    }

    [Fact]
    public async Task Answer_IsKept_UntilTheSourcesChangeOrTheRecordIsDeleted()
    {
        var questions = new CountedQuestions(_workspace);
        (await ChoiceAsync(questions.Option)).ShouldBe("local");
        (await ChoiceAsync(questions.Option)).ShouldBe("local");
        questions.Count.ShouldBe(1);

        File.Delete(_workspace.Record);
        (await ChoiceAsync(questions.Option)).ShouldBe("local");
        questions.Count.ShouldBe(2);

        _workspace.UseSource(new FolderFeed(Path.Combine(_workspace.Home, "other")).Add("Aspire.Hosting", "13.5.2").Path);
        (await ChoiceAsync(questions.Option)).ShouldBe("packages");
        questions.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Builds_AtTheSameTime_AskOnce()
    {
        var questions = new CountedQuestions(_workspace);

        var choices = await Task.WhenAll(ChoiceAsync(questions.Option), ChoiceAsync(questions.Option));

        choices.ShouldBe(["local", "local"]);
        questions.Count.ShouldBe(1);
    }

    private async Task<string> ChoiceAsync(params string[] options)
    {
        var result = await _workspace.Choose(["-getProperty:AspireHosting", .. options]).RunAsync(Cancellation);
        return result.ShouldSucceed().Output.Trim();
    }

    private string RecordedVersion() => XDocument.Load(_workspace.Record).Descendants("AspireHostingVersion").ShouldHaveSingleItem().Value;

    /// <summary>Stands in for the <c>dotnet</c> that restores the probe: notes each use, then is it.</summary>
    private sealed class CountedQuestions
    {
        private readonly string _log;

        public CountedQuestions(BuildWorkspace workspace)
        {
            _log = Path.Combine(workspace.Home, "questions");
            var host = Path.Combine(workspace.Home, "dotnet.sh");
            Script.Write(host, $"echo asked >> '{_log}'\nexec dotnet \"$@\"");
            Option = $"-p:DOTNET_HOST_PATH={host}";
        }

        public string Option { get; }

        public int Count => File.ReadAllLines(_log).Length;
    }
}
