using System.Runtime.Versioning;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Containers;

/// <summary>What the start of an AppHost with a container looks like where no engine can run it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContainerStartTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Engine_NotOnThePath_StopsTheStartWithOneLineThatTellsHowToGetIt()
    {
        using var empty = new TemporaryFolder();
        await using var appHost = AppHostProcess.Start(("DATABASE", "postgres"), ("PATH", empty.Path), ("APPDATA", empty.Path));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldBe(
            "error: 'postgres': a container needs Docker or Podman, and neither is on the PATH; install it (Debian: apt-get install docker.io).");
    }

    [Fact]
    public async Task Engine_ThatDoesNotAnswer_StopsTheStartWithOneLineThatSaysWhy()
    {
        using var folder = new TemporaryFolder();
        Script.Write(Path.Combine(folder.Path, "docker"), "echo 'Cannot connect to the Docker daemon.' >&2; exit 1");
        await using var appHost = AppHostProcess.Start(("DATABASE", "postgres"), ("PATH", folder.Path), ("APPDATA", folder.Path));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldStartWith("error: 'postgres': a container needs docker, which is installed but does not answer (");
        appHost.Output.ShouldContain("Cannot connect to the Docker daemon.");
        appHost.Output.ShouldContain("DOCKER_HOST");
        appHost.Output.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Password_MadeAtTheFirstStart_IsKeptForThisUserAlone()
    {
        using var folder = new TemporaryFolder();
        var secrets = Path.Combine(folder.Path, "Microsoft", "UserSecrets", "freegpt4-apphost", "secrets.json");
        var kept = new List<string>();
        for (var start = 0; start < 2; start++)
        {
            await using var appHost = AppHostProcess.Start(("DATABASE", "postgres"), ("PATH", folder.Path), ("APPDATA", folder.Path));
            (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);
            kept.Add(await File.ReadAllTextAsync(secrets, Cancelled));
        }

        kept[1].ShouldBe(kept[0]);
        kept[0].ShouldMatch("""^\{\s*"Parameters:postgres-password": "[A-Za-z0-9]{32}"\s*\}$""");
        File.GetUnixFileMode(secrets).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
