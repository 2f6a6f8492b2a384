using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Cli;

/// <summary>What the CLI can have done with the resources of an AppHost that runs. Each test leaves them as it found them.</summary>
[Collection(AspireCliFixture.Name)]
public sealed class CliResourceCommandTests(AspireCliFixture fixture)
{
    private const string Resource = "llm-api";

    private readonly AspireCli _cli = fixture.Cli;

    [Fact]
    public async Task Restart_OfOneReplica_LeavesTheOtherAlone()
    {
        var before = await ProcessesAsync();
        var replica = before.Keys.First();

        (await CommandAsync(replica, "restart")).ShouldBe(0);
        (await WaitAsync(Resource, "healthy")).ShouldBe(0);

        var after = await ProcessesAsync();
        after.Where(one => before[one.Key] != one.Value).Select(one => one.Key).ShouldBe([replica]);
    }

    [Fact]
    public async Task Restart_OfAllReplicas_IsOneAfterTheOther_SoThatNoRequestIsLost()
    {
        var before = await ProcessesAsync();
        await using var load = OpenLoad.Start(new Uri($"http://localhost:{_cli.EdgePort}"), perSecond: 20, model: "gpt-4o");
        await load.MoreAsync(1);

        (await _cli.RunAsync("resource", Resource, "restart", "--apphost", AspireCli.AppHost)).ShouldSucceed();
        await load.MoreAsync(1);

        (await load.StopAsync()).Where(request => request.Failure is not null).ShouldBeEmpty();
        (await ProcessesAsync()).ShouldAllBe(one => before[one.Key] != one.Value);
    }

    [Fact]
    public async Task Stop_ThenStart_OfAReplica_IsWaitedForByItsName()
    {
        var replica = (await ProcessesAsync()).Keys.Last();

        (await CommandAsync(replica, "stop")).ShouldBe(0);
        (await WaitAsync(replica, "down")).ShouldBe(0);
        (await WaitAsync(Resource, "healthy")).ShouldBe(18, "one of its replicas has ended");
        (await CommandAsync(Resource, "start")).ShouldBe(0);
        (await WaitAsync(Resource, "healthy")).ShouldBe(0);
    }

    [Fact]
    public async Task Scale_UpAndDown_StartsAndEndsReplicas()
    {
        var before = await ProcessesAsync();

        (await CommandAsync(Resource, "scale", "--replicas", "3")).ShouldBe(0);
        (await WaitAsync(Resource, "healthy")).ShouldBe(0);
        var more = await ProcessesAsync();
        (await CommandAsync(Resource, "scale", "--replicas", "2")).ShouldBe(0);

        more.Count.ShouldBe(3);
        before.ShouldBeSubsetOf(more);
        (await ProcessesAsync()).ShouldBe(before, ignoreOrder: true, "the youngest goes first");
    }

    [Fact]
    public async Task Restart_OfReplicasThatAreScaledAwayMeanwhile_IsOneOfThoseThatStay()
    {
        (await CommandAsync(Resource, "scale", "--replicas", "4")).ShouldBe(0);
        (await WaitAsync(Resource, "healthy")).ShouldBe(0);
        var before = await ProcessesAsync();

        var restarting = CommandAsync(Resource, "restart");
        await Eventually.IsTrue(async () => (await ProcessesAsync()).Values.Except(before.Values).Any(), Patience.Limit, "the first was restarted", TestContext.Current.CancellationToken);
        (await CommandAsync(Resource, "scale", "--replicas", "2")).ShouldBe(0);

        (await restarting).ShouldBe(0);
        var after = await ProcessesAsync();
        after.Count.ShouldBe(2);
        after.Values.Except(before.Values).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("1.5")]
    public async Task Scale_ToNoSuchNumber_FailsWithOneLine(string replicas)
    {
        var result = await _cli.RunAsync("resource", Resource, "scale", "--apphost", AspireCli.AppHost, "--", "--replicas", replicas);

        result.ExitCode.ShouldBe(16, result.Output + result.Error);
        result.Error.ShouldContain($"--replicas: '{replicas}' is not a whole number from 1 to 64.");
    }

    [Theory]
    [InlineData("nobody", "restart", "There is no resource 'nobody'.")]
    [InlineData(Resource, "dance", "'llm-api' has no command 'dance'; it has start, stop, restart, scale.")]
    public async Task Command_ThatThereIsNot_FailsWithOneLine(string resource, string command, string message)
    {
        var result = await _cli.RunAsync("resource", resource, command, "--apphost", AspireCli.AppHost);

        result.ExitCode.ShouldBe(16, result.Output + result.Error);
        result.Error.ShouldContain(message);
    }

    [Fact]
    public async Task Parameter_SetToBeKept_IsInTheUserSecretsUntilItIsForgotten()
    {
        // The CLI writes its command line to a log of its own: no secret for the watch on leaks.
        const string Value = "key-of-a-test";
        const string Parameter = "custom-api-key";
        const string Key = $"Parameters:{Parameter}";
        var secrets = Path.Combine(_cli.Home, ".microsoft", "usersecrets", "freegpt4-apphost", "secrets.json");

        (await ParameterAsync("set-parameter", "--Value", Value, "--SaveToUserSecrets", "true")).ShouldBe(0);
        JsonNode.Parse(await File.ReadAllTextAsync(secrets, TestContext.Current.CancellationToken))![Key]!.GetValue<string>().ShouldBe(Value);
        (await ParameterAsync("delete-parameter", "--DeleteFromUserSecrets", "true")).ShouldBe(0);
        JsonNode.Parse(await File.ReadAllTextAsync(secrets, TestContext.Current.CancellationToken))![Key].ShouldBeNull();
        (await WaitAsync(Parameter, "up", "--timeout", "1")).ShouldNotBe(0, "it has no value");
        (await ParameterAsync("set-parameter", "--Value", Value)).ShouldBe(0);
        (await WaitAsync(Parameter, "up")).ShouldBe(0);
        JsonNode.Parse(await File.ReadAllTextAsync(secrets, TestContext.Current.CancellationToken))![Key].ShouldBeNull();

        async Task<int> ParameterAsync(string command, params string[] arguments)
            => (await _cli.RunAsync(["resource", Parameter, command, "--apphost", AspireCli.AppHost, "--", .. arguments])).ExitCode;
    }

    private async Task<int> CommandAsync(string resource, string command, params string[] arguments)
        => (await _cli.RunAsync(["resource", resource, command, "--apphost", AspireCli.AppHost, .. arguments])).ExitCode;

    private async Task<int> WaitAsync(string resource, string status, params string[] arguments)
        => (await _cli.RunAsync(["wait", resource, "--status", status, "--apphost", AspireCli.AppHost, .. arguments])).ExitCode;

    private async Task<Dictionary<string, string>> ProcessesAsync()
    {
        var described = await _cli.RunAsync("describe", "--format", "json", "--apphost", AspireCli.AppHost);
        return JsonNode.Parse(described.ShouldSucceed().Output)!["resources"]!.AsArray()
            .Where(row => row!["displayName"]!.GetValue<string>() == Resource)
            .ToDictionary(row => row!["name"]!.GetValue<string>(), row => row!["properties"]!["executable.pid"]!.GetValue<string>());
    }
}
