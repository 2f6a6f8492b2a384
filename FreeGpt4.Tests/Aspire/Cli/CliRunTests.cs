using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Aspire.Builds;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Cli;

/// <summary>An AppHost that the CLI starts: how it ends, and why it does not start.</summary>
public sealed class CliRunTests
{
    // The AppHost's own, or that of the CLI for an AppHost that ends: it depends on what the CLI hears of first.
    private static readonly int[] Failed = [1, 2];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_WhenInterrupted_LeavesNothing()
    {
        using var cli = new AspireCli();

        var (exitCode, output) = await cli.RunUntilAsync(
            line => line.Contains("Press CTRL+C", StringComparison.Ordinal), ["run", "--no-build", "--apphost", AspireCli.AppHost, .. AspireCli.OnFreePorts]);

        exitCode.ShouldBe(0, output);
        output.ShouldContain("/login?t=");
        await cli.EverythingEndsAsync();
        using var edge = new TcpClient();
        await Should.ThrowAsync<SocketException>(async () => await edge.ConnectAsync(IPAddress.Loopback, cli.EdgePort, Cancelled));
    }

    [Fact]
    public async Task Start_BesideOneThatRuns_TakesItsPlaceWithItsOwnSettings()
    {
        using var cli = new AspireCli();
        try
        {
            (await cli.RunWithAppHostAsync("start", ["--no-build", .. AspireCli.OnFreePorts])).ShouldSucceed();
            var before = (await cli.RunAsync("ps", "--format", "json")).ShouldSucceed().Output;
            cli.Environment["API_REPLICAS"] = "2";

            (await cli.RunWithAppHostAsync("start", ["--no-build", .. AspireCli.OnFreePorts])).ShouldSucceed();

            (await cli.RunWithAppHostAsync("wait", "proxy")).ShouldSucceed();
            var now = (await cli.RunAsync("ps", "--format", "json")).ShouldSucceed().Output;
            JsonNode.Parse(now)!.AsArray().ShouldHaveSingleItem()!["appHostPid"]!.GetValue<int>()
                .ShouldNotBe(JsonNode.Parse(before)!.AsArray().ShouldHaveSingleItem()!["appHostPid"]!.GetValue<int>());
            var rows = JsonNode.Parse((await cli.RunWithAppHostAsync("describe", "--format", "json")).ShouldSucceed().Output)!["resources"]!.AsArray();
            rows.Count(row => row!["displayName"]!.GetValue<string>() == "llm-api").ShouldBe(2);
        }
        finally
        {
            await cli.RunWithAppHostAsync("stop");
            await cli.EverythingEndsAsync();
        }
    }

    [Theory]
    [InlineData("API_REPLICAS", "lots", "API_REPLICAS is \"lots\"; allowed is a whole number from 1 to 64.")]
    [InlineData("DcpPublisher__CliPath", "/nowhere/dcp", "DCP, which runs the resources, is not at '/nowhere/dcp'")]
    public async Task Run_ThatCannotStart_SaysWhyInOneLine(string setting, string value, string message)
    {
        using var cli = new AspireCli((setting, value));

        var result = await cli.RunWithAppHostAsync("run", ["--no-build", .. AspireCli.OnFreePorts]);

        result.ExitCode.ShouldBeOneOf(Failed);
        (result.Output + result.Error).ShouldContain(message);
    }

    [Fact]
    public async Task Run_OnAPortInUse_SaysWhoWantsIt()
    {
        using var cli = new AspireCli();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var result = await cli.RunWithAppHostAsync("run", ["--no-build", .. AspireCli.OnFreePorts, $"--ASPNETCORE_URLS=http://localhost:{port}"]);

        result.ExitCode.ShouldBeOneOf(Failed);
        (result.Output + result.Error).ShouldContain($"Port {port}, wanted by ASPNETCORE_URLS, is in use");
    }

    [Fact]
    public async Task Run_OfAProjectThatDoesNotCompile_ShowsTheErrorOfTheCompiler()
    {
        using var workspace = new BuildWorkspace();
        workspace.UseSource(workspace.NewFeed().Path);
        workspace.Write("Mini.2nd-Api/Program.cs", "Console.WriteLine(\n");
        using var cli = new AspireCli();

        var result = await cli.RunAsync("run", "--apphost", Path.Combine(workspace.Root, MiniatureProjects.AppHost));

        result.ExitCode.ShouldNotBe(0);
        (result.Output + result.Error).ShouldContain("Program.cs(1,19): error CS1026: ) expected");
    }

    [Fact]
    public async Task AppHost_WhoseCliIsKilled_Ends()
    {
        using var cli = new AspireCli();
        var socket = Path.Combine(cli.Home, "socket");
        using var parent = new Command("sleep", "infinity") { WorkingDirectory = cli.Home, Environment = cli.Environment }.Start();
        var environment = new Dictionary<string, string?>(cli.Environment) { ["ASPIRE_CLI_PID"] = $"{parent.Id}", ["ASPIRE_BACKCHANNEL_PATH"] = socket };
        var command = new Command(AppHostProcess.Program, "--operation", "publish", "--output-path", cli.Home) { WorkingDirectory = cli.Home, Environment = environment };

        // It publishes when the CLI wants to see that, which this one never will.
        using var appHost = command.Start();
        await Eventually.IsTrue(() => File.Exists(socket), Patience.Limit, "the AppHost listens", Cancelled);
        parent.Kill();

        (await Command.FinishAsync(appHost, Cancelled)).ShouldSucceed();
        File.Exists(socket).ShouldBeFalse();
        File.Exists(Path.Combine(cli.Home, "docker-compose.yaml")).ShouldBeFalse();
    }
}
