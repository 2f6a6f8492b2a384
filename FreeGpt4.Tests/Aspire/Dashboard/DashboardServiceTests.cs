#pragma warning disable ASPIREINTERACTION001 // Called experimental, and what is tested here.
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dashboard.V1;
using FreeGpt4.Tests.Infrastructure;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Health = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;
using HealthStatus = Aspire.Hosting.Dashboard.V1.HealthStatus;
using WireIconVariant = Aspire.Hosting.Dashboard.V1.IconVariant;
using CommandResultFormat = Aspire.Hosting.Dashboard.V1.CommandResultFormat;
using InputType = Aspire.Hosting.Dashboard.V1.InputType;
using ModelCommandState = Aspire.Hosting.ApplicationModel.ResourceCommandState;
using ModelInputType = Aspire.Hosting.InputType;
using Resource = Aspire.Hosting.Dashboard.V1.Resource;
using ResourceCommandState = Aspire.Hosting.Dashboard.V1.ResourceCommandState;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>The resource service over a model in which nothing runs: what is published is what the dashboard is told.</summary>
public sealed class DashboardServiceTests : IAsyncLifetime
{
    private const string Key = "the-key";
    private const string Id = "worker-abcdefgh";

    private readonly ExecutableResource _worker;
    private readonly DistributedApplication _application;
    private readonly ResourceServiceHost _host;

    public DashboardServiceTests()
    {
        var builder = DistributedApplication.CreateBuilder(["--AppHost:ResourceService:ApiKey", Key]);
        _worker = builder.AddExecutable("worker", "true", ".").Resource;
        _worker.Annotations.Add(Command("greet", context =>
        {
            context.Logger.Log(LogLevel.Information, 0, context.ResourceName, null, (name, _) => $"greeted {name}");
            return Task.FromResult(CommandResults.Success("hello"));
        }));
        _worker.Annotations.Add(Command("refuse", _ => Task.FromResult(CommandResults.Failure("not today"))));
        _worker.Annotations.Add(Command("break", _ => throw new InvalidOperationException("broken")));
        _worker.Annotations.Add(Command("give-up", _ => Task.FromResult(CommandResults.Canceled())));
        builder.CreateResourceBuilder(_worker).WithIconName("Wrench").WithCommand(
            "order", "Order", context => Task.FromResult(CommandResults.Success("Ordered.", $"{context.Arguments.GetInt32("pieces")} pieces")),
            new CommandOptions { Description = "Orders pieces.", Arguments = [new() { Name = "pieces", InputType = ModelInputType.Number, Required = true, Value = "2" }] });
        _application = builder.Build();
        _host = _application.Services.GetRequiredService<ResourceServiceHost>();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _host.StartAsync(Cancelled);
        await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.Running });
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await _application.DisposeAsync();
    }

    [Theory]
    [InlineData]
    [InlineData("")]
    [InlineData("the-ke")]
    [InlineData("THE-KEY")]
    [InlineData(Key, Key)]
    public async Task Call_WithoutExactlyTheKey_IsRefused(params string[] keys)
    {
        using var client = new DashboardClient(_host.Url, keys);

        var refused = await Should.ThrowAsync<RpcException>(async () => await client.WatchAsync(Cancelled).FirstAsync(Cancelled));

        refused.StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Rows_WhileWatched_FollowEveryChange()
    {
        using var client = Client();
        await using var rows = client.WatchAsync(Cancelled).GetAsyncEnumerator(Cancelled);
        (await rows.MoveNextAsync()).ShouldBeTrue();
        rows.Current[Id].State.ShouldBe("Running");

        await PublishAsync(snapshot => snapshot with { State = new("Exited", "error"), ExitCode = 3, StopTimeStamp = DateTime.UtcNow });

        (await rows.MoveNextAsync()).ShouldBeTrue();
        var row = rows.Current[Id];
        row.State.ShouldBe("Exited");
        row.StateStyle.ShouldBe("error");
        row.Property("resource.exitCode").ShouldBe("3");
        row.Property("resource.healthState").ShouldBeNull();
        row.CommandState("greet").ShouldBe(ResourceCommandState.Disabled);
    }

    [Fact]
    public async Task Row_OfAnUnhealthyProcess_ShowsTheErrorAndIsNoSuccess()
    {
        await PublishAsync(snapshot => snapshot with
        {
            State = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            HealthReports =
            [
                new("fine", Health.Healthy, null, null) { LastRunAt = DateTime.UtcNow },
                new("broken", Health.Unhealthy, "GET / answered 503", "stack trace"),
                new("unknown", null, null, null),
            ],
        });

        var row = await RowAsync();

        row.StateStyle.ShouldBe("warning");
        row.Property("resource.healthState").ShouldBe("Unhealthy");
        row.HealthReports.Select(r => (r.Key, r.HasStatus, r.Status, r.Description, r.Exception)).ShouldBe(
        [
            ("fine", true, HealthStatus.Healthy, "", ""),
            ("broken", true, HealthStatus.Unhealthy, "GET / answered 503", "stack trace"),
            ("unknown", false, HealthStatus.Healthy, "", ""),
        ]);
    }

    [Fact]
    public async Task Row_Urls_HaveTheirTextsInOrder()
    {
        await PublishAsync(snapshot => snapshot with
        {
            Urls =
            [
                new("http", "http://localhost:1", IsInternal: false) { DisplayProperties = new("Chat", 0) },
                new(null, "http://localhost:2", IsInternal: true) { DisplayProperties = new("", -1) },
            ],
        });

        var row = await RowAsync();

        row.Urls.Select(u => (u.EndpointName, u.FullUrl, u.IsInternal, u.IsInactive, u.DisplayProperties.DisplayName, u.DisplayProperties.SortOrder)).ShouldBe(
            [("http", "http://localhost:1", false, false, "Chat", 0), ("", "http://localhost:2", true, false, "", -1)]);
    }

    [Fact]
    public async Task Row_SecretVariables_AreMaskedUnlessEmpty()
    {
        await PublishAsync(snapshot => snapshot with
        {
            EnvironmentVariables =
            [
                new("PLAIN", "shown", IsFromSpec: true),
                new("SET", "hidden", IsFromSpec: true) { IsSensitive = true },
                new("UNSET", "", IsFromSpec: true) { IsSensitive = true },
            ],
        });

        (await RowAsync()).Environment.Select(v => (v.Name, v.Value)).ShouldBe([("PLAIN", "shown"), ("SET", "********"), ("UNSET", "")]);
    }

    [Fact]
    public async Task Log_Followed_TellsErrorsApartAndGoesOn()
    {
        using var client = Client();
        var logs = _application.Services.GetRequiredService<ResourceLoggerService>();
        logs.Append(Id, "first", isError: false);
        await using var lines = client.LogAsync(Id, follow: true, Cancelled).GetAsyncEnumerator(Cancelled);
        (await lines.MoveNextAsync()).ShouldBeTrue();
        lines.Current.ShouldBe(new ConsoleLogLine { Text = "first", IsStdErr = false, LineNumber = 1 });

        logs.Append(Id, "second", isError: true);

        (await lines.MoveNextAsync()).ShouldBeTrue();
        lines.Current.ShouldBe(new ConsoleLogLine { Text = "second", IsStdErr = true, LineNumber = 2 });
    }

    [Fact]
    public async Task Log_LargerThanAMessage_ArrivesWhole()
    {
        using var client = Client();
        var logs = _application.Services.GetRequiredService<ResourceLoggerService>();
        var texts = Enumerable.Range(0, 8).Select(i => new string((char)('a' + i), 700_000)).ToArray();
        foreach (var text in texts)
        {
            logs.Append(Id, text, isError: false);
        }

        var lines = await client.LogAsync(Id, follow: false, Cancelled).ToListAsync(Cancelled);

        lines.Select(line => line.Text).ShouldBe(texts);
    }

    [Fact]
    public async Task Log_OfNobody_IsNotFound()
    {
        using var client = Client();

        var missing = await Should.ThrowAsync<RpcException>(async () => await client.LogAsync("nobody", follow: true, Cancelled).FirstAsync(Cancelled));

        missing.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Theory]
    [InlineData("greet", "Succeeded", "hello")]
    [InlineData("refuse", "Failed", "not today")]
    [InlineData("break", "Failed", "broken")]
    [InlineData("give-up", "Cancelled", "")]
    [InlineData("dance", "Failed", "'worker-abcdefgh' has no command 'dance'.")]
    public async Task Command_Executed_AnswersWithItsResult(string command, string kind, string message)
    {
        using var client = Client();

        var response = await client.ExecuteAsync(command, await RowAsync(), Cancelled);

        ($"{response.Kind}", response.Message).ShouldBe((kind, message));
    }

    [Fact]
    public async Task Command_Executed_WritesToTheLogOfItsInstance()
    {
        using var client = Client();

        await client.ExecuteAsync("greet", await RowAsync(), Cancelled);

        (await client.LogAsync(Id, follow: false, Cancelled).SingleAsync(Cancelled)).Text.ShouldBe($"greeted {Id}");
    }

    [Fact]
    public async Task Command_ThatNeedsToBeTold_AsksUntilTheAnswerIsRight()
    {
        using var client = Client();
        using var questions = client.Service.WatchInteractions(client.Options(Cancelled));
        await Eventually.IsTrue(() => _host.Questions.IsWatched, Patience.Limit, "the server knows of this dashboard", Cancelled);
        var ordering = client.ExecuteAsync("order", await RowAsync(), Cancelled);

        var asked = await NextAsync(questions);
        var input = asked.InputsDialog.InputItems.ShouldHaveSingleItem();
        await AnswerAsync(questions, asked, "many");
        var askedAgain = await NextAsync(questions);
        await AnswerAsync(questions, askedAgain, "7");
        var closed = await NextAsync(questions);

        (asked.Title, asked.Message, asked.PrimaryButtonText).ShouldBe(("Order", "Orders pieces.", "Order"));
        (input.Name, input.Label, input.InputType, input.Required, input.Value).ShouldBe(("pieces", "pieces", InputType.Number, true, "2"));
        (askedAgain.InteractionId, askedAgain.InputsDialog.InputItems.Single().Value).ShouldBe((asked.InteractionId, "many"));
        askedAgain.InputsDialog.InputItems.Single().ValidationErrors.ShouldBe(["'many' is not a number."]);
        (closed.InteractionId, closed.KindCase).ShouldBe((asked.InteractionId, WatchInteractionsResponseUpdate.KindOneofCase.Complete));
        var ordered = await ordering;
        (ordered.Kind, ordered.Message, ordered.Result.Value, ordered.Result.Format).ShouldBe(
            (ResourceCommandResponseKind.Succeeded, "Ordered.", "7 pieces", CommandResultFormat.Text));
    }

    [Fact]
    public async Task Command_WhoseQuestionIsDismissed_IsCancelled()
    {
        using var client = Client();
        using var questions = client.Service.WatchInteractions(client.Options(Cancelled));
        await Eventually.IsTrue(() => _host.Questions.IsWatched, Patience.Limit, "the server knows of this dashboard", Cancelled);
        var ordering = client.ExecuteAsync("order", await RowAsync(), Cancelled);
        var asked = await NextAsync(questions);

        await questions.RequestStream.WriteAsync(new() { InteractionId = asked.InteractionId, Complete = new() }, Cancelled);

        (await ordering).Kind.ShouldBe(ResourceCommandResponseKind.Cancelled);
    }

    [Fact]
    public async Task Row_HasTheIconOfTheModel()
    {
        var row = await RowAsync();

        (row.IconName, row.IconVariant).ShouldBe(("Wrench", WireIconVariant.Filled));
    }

    [Fact]
    public async Task Row_OfAnInstanceThatIsGone_IsDeleted()
    {
        using var client = Client();
        await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.Finished });
        await using var rows = client.WatchAsync(Cancelled).GetAsyncEnumerator(Cancelled);
        (await rows.MoveNextAsync()).ShouldBeTrue();

        await _application.ResourceNotifications.RemoveAsync(_worker, Id);

        while (rows.Current.ContainsKey(Id))
        {
            (await rows.MoveNextAsync()).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Stop_WithOpenStreams_EndsThem()
    {
        using var client = Client();
        using var interactions = client.Service.WatchInteractions(client.Options(Cancelled));
        await using var rows = client.WatchAsync(Cancelled).GetAsyncEnumerator(Cancelled);
        (await rows.MoveNextAsync()).ShouldBeTrue();

        // Without a limit of its own the server would wait for the streams, and they for it.
        await _host.StopAsync(Cancelled).WaitAsync(Patience.Limit, Cancelled);

        (await HasEndedAsync(rows)).ShouldBeTrue();
    }

    [Fact]
    public void Url_WithoutConfiguration_IsAFreeLoopbackPort()
    {
        var url = new Uri(_host.Url);

        url.IsLoopback.ShouldBeTrue();
        url.Port.ShouldBeGreaterThan(1024);
    }

    private static ResourceCommandAnnotation Command(string name, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> execute) => new(
        name,
        name,
        context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running
            ? ModelCommandState.Enabled
            : ModelCommandState.Disabled,
        execute, null, null, null, null, null, isHighlighted: false);

    private static async Task<WatchInteractionsResponseUpdate> NextAsync(
        AsyncDuplexStreamingCall<WatchInteractionsRequestUpdate, WatchInteractionsResponseUpdate> questions)
    {
        (await questions.ResponseStream.MoveNext(Cancelled)).ShouldBeTrue();
        return questions.ResponseStream.Current;
    }

    private static Task AnswerAsync(
        AsyncDuplexStreamingCall<WatchInteractionsRequestUpdate, WatchInteractionsResponseUpdate> questions, WatchInteractionsResponseUpdate asked, string value)
    {
        var item = asked.InputsDialog.InputItems.Single().Clone();
        item.Value = value;
        return questions.RequestStream.WriteAsync(
            new() { InteractionId = asked.InteractionId, InputsDialog = new() { InputItems = { item } } }, Cancelled);
    }

    private static async Task<bool> HasEndedAsync<T>(IAsyncEnumerator<T> stream)
    {
        try
        {
            return !await stream.MoveNextAsync();
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable)
        {
            // The connection was closed before the stream was.
            return true;
        }
    }

    private DashboardClient Client() => new(_host.Url, Key);

    private async Task<Resource> RowAsync()
    {
        using var client = Client();
        return (await client.WatchAsync(Cancelled).FirstAsync(Cancelled))[Id];
    }

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
        => _application.ResourceNotifications.PublishUpdateAsync(_worker, Id, change);
}
