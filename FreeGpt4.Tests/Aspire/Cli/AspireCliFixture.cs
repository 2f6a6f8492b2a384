using Aspire.Hosting.Backchannel;
using FreeGpt4.Tests.Aspire.Builds;

namespace FreeGpt4.Tests.Aspire.Cli;

/// <summary>The AppHost of this repository with two replicas, started and at the end stopped by the CLI.</summary>
[CollectionDefinition(Name)]
public sealed class AspireCliFixture : IAsyncLifetime, ICollectionFixture<AspireCliFixture>
{
    public const string Name = "aspire CLI";

    // Greater than Linux gives out.
    private const int NoProcess = 5_000_000;

    internal AspireCli Cli { get; } = new(("API_REPLICAS", "2"));

    internal CommandResult Started { get; private set; } = null!;

    /// <summary>The socket of an AppHost that was killed.</summary>
    internal string StaleSocket => Path.Combine(
        Cli.Sockets.FullName, Path.ChangeExtension(Path.GetFileName(AppHostIdentity.NewSocketPath(AspireCli.AppHost)), $"{NoProcess}"));

    public async ValueTask InitializeAsync()
    {
        Cli.Sockets.Create();
        await File.WriteAllTextAsync(StaleSocket, "", TestContext.Current.CancellationToken);

        Started = await Cli.RunWithAppHostAsync("start", ["--no-build", .. AspireCli.OnFreePorts]);
        Started.ShouldSucceed();
        (await Cli.RunWithAppHostAsync("wait", "proxy")).ShouldSucceed();
    }

    public async ValueTask DisposeAsync()
    {
        var stopped = await Cli.RunWithAppHostAsync("stop");
        stopped.ShouldSucceed().Output.ShouldContain("stopped successfully");
        await Cli.EverythingEndsAsync();
        Cli.Dispose();
    }
}
