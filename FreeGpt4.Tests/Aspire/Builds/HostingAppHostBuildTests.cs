using System.Text.Json.Nodes;

namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>An AppHost on either Aspire.Hosting, built by the first command in a fresh clone.</summary>
public sealed class HostingAppHostBuildTests : IDisposable
{
    private readonly BuildWorkspace _workspace = new();
    private readonly FolderFeed _feed;

    public HostingAppHostBuildTests()
    {
        _feed = _workspace.NewFeed();
        _workspace.UseSource(_feed.Path);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Run_WithAspireInTheFeed_IsMadeByItsSdk()
    {
        _feed.AddAspire("13.5.3");

        var result = await _workspace.Dotnet("run", "--project", MiniatureProjects.AppHost).RunAsync(Cancellation);

        var lines = result.ShouldSucceed().Output.Split('\n', StringSplitOptions.TrimEntries);
        lines.ShouldContain("sdk=Aspire.AppHost.Sdk 13.5.3");
        lines.ShouldNotContain(line => line.StartsWith("dcpclipath="));
    }

    [Fact]
    public async Task SolutionBuild_WithoutAspireInTheFeed_KnowsResourcesAndBinaries()
    {
        var build = await _workspace.Dotnet("build", "Mini.slnx", "-m").RunAsync(Cancellation);
        var announcements = build.ShouldSucceed().Output.Split('\n').Where(line => line.Contains("Aspire.Hosting: "));
        announcements.ShouldHaveSingleItem().ShouldContain("local (aspire/Aspire.Hosting), since the NuGet sources carry no Aspire.Hosting 13.5");

        var run = await _workspace.Dotnet("run", "--no-build", "--project", MiniatureProjects.AppHost).RunAsync(Cancellation);

        var resource = Path.Combine(_workspace.Root, MiniatureProjects.Resource);
        var target = Path.Combine(_workspace.Root, "artifacts", "bin", "Mini.2nd-Api", "debug", "Mini.2nd-Api.dll");
        var lines = run.ShouldSucceed().Output.Split('\n', StringSplitOptions.TrimEntries);
        lines.ShouldContain($"{MiniatureProjects.ResourceClass}={resource}");
        lines.ShouldContain($"aspireprojecttarget:{resource}={target}");
        lines.ShouldContain($"apphostprojectpath={Path.Combine(_workspace.Root, "Mini.AppHost")}");
        lines.ShouldContain("apphostprojectname=Mini.AppHost.csproj");
        lines.ShouldContain($"dcpclipath={Path.Combine(_workspace.Home, "dcp", "dcp")}");
        lines.ShouldContain($"aspiredashboardpath={Path.Combine(_workspace.Home, "dashboard")}");
        File.Exists(target).ShouldBeTrue();
        File.Exists(Path.Combine(_workspace.Root, "artifacts", "bin", "Mini.AppHost", "debug", "Mini.2nd-Api.dll")).ShouldBeFalse();
    }

    [Fact]
    public async Task Properties_OfALocalAppHost_AreThoseTheCliAsksFor()
    {
        var result = await _workspace.Dotnet(
            "msbuild", MiniatureProjects.AppHost, "-p:AspireHosting=local", "-getProperty:IsAspireHost", "-getProperty:AspireHostingSDKVersion")
            .RunAsync(Cancellation);

        var properties = JsonNode.Parse(result.ShouldSucceed().Output)!["Properties"]!;
        properties["IsAspireHost"]!.GetValue<string>().ShouldBe("true");
        Version.Parse(properties["AspireHostingSDKVersion"]!.GetValue<string>()).ShouldBeGreaterThanOrEqualTo(new Version(13, 5, 0));
    }

    [Fact]
    public async Task Resource_ThatIsALibrary_IsOneErrorThatNamesIt()
    {
        _workspace.Write(MiniatureProjects.Resource, """<Project Sdk="Microsoft.NET.Sdk" />""");
        _workspace.Write("Mini.2nd-Api/Program.cs", "namespace Mini;\n\npublic sealed class Library;\n");

        var error = await BuildErrorAsync();

        error.ShouldContain("references Mini.2nd-Api as a resource, but it is not an executable");
        error.ShouldContain("IsAspireProjectResource=\"false\"");
    }

    [Fact]
    public async Task OwnBinaries_ThatAreNotThere_AreOneErrorThatNamesThem()
    {
        _workspace.Environment["ASPIRE_DCP_PATH"] = "/no/dcp/here";

        (await BuildErrorAsync()).ShouldContain("ASPIRE_DCP_PATH is '/no/dcp/here'");
    }

    [Fact]
    public async Task MissingBinaries_ThatNpmCannotBring_AreOneErrorThatSaysWhatToDo()
    {
        _workspace.Environment.Remove("ASPIRE_DCP_PATH");
        using var closed = new ClosedPort();
        _workspace.Environment["npm_config_registry"] = $"http://{closed.Address}/";
        _workspace.Environment["npm_config_fetch_retries"] = "0";

        var error = await BuildErrorAsync();

        error.ShouldContain("@microsoft/aspire-cli-linux-x64");
        error.ShouldContain("ASPIRE_DCP_PATH");
    }

    private async Task<string> BuildErrorAsync()
    {
        var result = await _workspace.Dotnet("build", MiniatureProjects.AppHost, "-p:AspireHosting=local").RunAsync(Cancellation);
        result.ExitCode.ShouldNotBe(0);
        return result.BuildErrors.ShouldHaveSingleItem();
    }
}
