using System.Collections.Concurrent;
using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using FreeGpt4.Tests.Aspire.Dcp;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

// As the build of an AppHost writes for each project that it references.
[assembly: AssemblyMetadata("aspireprojecttarget:/nowhere/Unbuilt.csproj", "/nowhere/bin/Unbuilt.dll")]

namespace FreeGpt4.Tests.Aspire.Orchestration;

/// <summary>What the model promises, seen in one application of small programs that runs through DCP.</summary>
public sealed class SmallApplicationTests(SmallApplicationTests.Application application) : IClassFixture<SmallApplicationTests.Application>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExplicitStart_IsNotStartedUntilSomebodyAsks()
    {
        var tool = await WaitAsync("tool", e => e.Snapshot.State?.Text == "NotStarted");
        tool.Snapshot.Commands.Single(command => command.Name == "start").State.ShouldBe(ResourceCommandState.Enabled);

        var started = await application.Running.ResourceCommands.ExecuteCommandAsync("tool", "start", Cancelled);

        started.Success.ShouldBeTrue(started.Message);
        await WaitAsync("tool", KnownResourceStates.Running);
        application.Events.ShouldContain("tool before");
    }

    [Fact]
    public async Task Wait_ForStartAndForCompletion_LastsAsLongAsThat()
    {
        await WaitAsync("after-start", KnownResourceStates.Running);
        await WaitAsync("after-end", KnownResourceStates.Running);
        var inVain = await WaitAsync("in-vain", e => e.Snapshot.State?.Text == "FailedToStart");

        inVain.Snapshot.HealthReports.Single().Description!.ShouldMatch("^'in-vain' waits in vain: migration-[a-z]{8} is Exited \\(exit code 3\\)\\.$");
    }

    [Fact]
    public async Task HealthCheck_ThatNeverPasses_IsToldByTheLogOfWhatWaits()
    {
        await WaitAsync("patient", KnownResourceStates.Waiting);

        await LogAsync("patient", line => line.Contains("is not healthy. GET http://localhost:", StringComparison.Ordinal)
            && line.Contains("failed: Connection refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Crash_ShowsItsLastLines()
    {
        // What it said comes after the news that it has ended.
        var ended = await WaitAsync("migration", e => e.Snapshot.ExitCode is not null && e.Snapshot.HealthReports.Any(report => report.ExceptionText is not null));

        var report = ended.Snapshot.HealthReports.Single(report => report.Name == "process");
        report.Description.ShouldBe("Exited (exit code 3)");
        report.ExceptionText.ShouldBe("no such table");
        ended.Snapshot.IsHidden.ShouldBeTrue("it was to be hidden with this exit code");
    }

    [Fact]
    public async Task Project_ThatTheAppHostDoesNotBuild_SaysWhatToDo()
    {
        var stray = await WaitAsync("stray", e => e.Snapshot.State?.Text == "FailedToStart");

        stray.Snapshot.HealthReports.Single().Description.ShouldBe("'stray': the AppHost has no ProjectReference to /nowhere/Stray.csproj; add one.");
    }

    [Fact]
    public async Task Project_ThatIsNotBuilt_SaysWhatToDo()
    {
        var unbuilt = await WaitAsync("unbuilt", e => e.Snapshot.State?.Text == "FailedToStart");

        unbuilt.Snapshot.HealthReports.Single().Description.ShouldBe(
            "'unbuilt' is not built: /nowhere/bin/Unbuilt is missing; run 'dotnet build /nowhere/Unbuilt.csproj'.");
    }

    [Fact]
    public async Task Row_IsAsTheModelSays()
    {
        var server = await WaitAsync("server", e => e.Snapshot.State?.Text == "Running");
        var tool = await WaitAsync("tool", _ => true);
        var custom = await WaitAsync("custom", e => e.Snapshot.State?.Text == "Running");
        var secretive = await WaitAsync("secretive", _ => true);

        var port = ((IResourceWithEndpoints)server.Resource).GetEndpoint("http").Port;
        server.Snapshot.Urls.Select(url => (url.Url, url.DisplayProperties.DisplayName, url.IsInternal)).ShouldBe(
        [
            ($"http://localhost:{port}", "", false),
            ("https://example.test/docs", "Docs", false),
            ($"http://localhost:{port}/admin", "Admin", true),
        ]);
        (server.Snapshot.IconName, server.Snapshot.IconVariant).ShouldBe(("Database", IconVariant.Regular));
        tool.Snapshot.Properties.Single(property => property.Name == "resource.parentName").Value.ShouldBe(server.ResourceId);
        tool.Snapshot.Relationships.Select(relationship => (relationship.ResourceName, relationship.Type)).ShouldBe(
            [("server", "Parent"), ("custom", "Reference")], ignoreOrder: true);
        (custom.Snapshot.ResourceType, custom.Snapshot.IsHidden).ShouldBe(("Oven", false));
        secretive.Snapshot.IsHidden.ShouldBeTrue();
    }

    [Fact]
    public async Task Events_ComeInOrder()
    {
        await WaitAsync("noted", KnownResourceStates.Running);
        await Eventually.IsTrue(() => application.Events.Contains("noted ready"), Patience.Limit, "noted is ready", Cancelled);
        var stop = await application.Running.ResourceCommands.ExecuteCommandAsync("noted", "stop", Cancelled);
        await Eventually.IsTrue(() => application.Events.Contains("noted stopped"), Patience.Limit, "noted has been stopped", Cancelled);

        stop.Success.ShouldBeTrue(stop.Message);
        application.Events.Where(line => line.StartsWith("noted ", StringComparison.Ordinal)).ShouldBe(
            ["noted initialize", "noted before", "noted ready", "noted stopped"]);
        application.Events.First().ShouldBe("start");
    }

    [Fact]
    public async Task Scale_OfWhatHasNoReplicas_IsNotOffered()
    {
        var server = await WaitAsync("server", _ => true);

        server.Snapshot.Commands.ShouldNotContain(command => command.Name == "scale");
    }

    private Task<ResourceEvent> WaitAsync(string resource, string state) => WaitAsync(resource, e => e.Snapshot.State?.Text == state);

    private Task<ResourceEvent> WaitAsync(string resource, Func<ResourceEvent, bool> condition)
        => application.Running.ResourceNotifications.WaitForResourceAsync(resource, condition, Cancelled).WaitAsync(Patience.Limit, Cancelled);

    private async Task LogAsync(string resource, Func<string, bool> isWanted)
    {
        var logs = application.Running.Services.GetRequiredService<ResourceLoggerService>();
        var id = (await WaitAsync(resource, _ => true)).ResourceId;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(Patience.Limit);
        await foreach (var batch in logs.WatchAsync(id).WithCancellation(limit.Token))
        {
            if (batch.Any(line => isWanted(line.Content)))
            {
                return;
            }
        }
    }

    /// <summary>The application, and what its handlers were told.</summary>
    public sealed class Application : IAsyncLifetime
    {
        public ConcurrentQueue<string> Events { get; } = new();

        public DistributedApplication Running { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
            {
                AssemblyName = typeof(Application).Assembly.GetName().Name,
                DisableDashboard = true,
            });
            builder.Configuration["DcpPublisher:CliPath"] = DcpBundle.Dcp;
            builder.OnBeforeStart((_, _) => Note("start"));

            var server = Sleep(builder, "server").WithHttpEndpoint().WithIconName("Database", IconVariant.Regular)
                .WithUrl("https://example.test/docs", "Docs")
                .WithUrlForEndpoint("http", _ => new() { Url = "/admin", DisplayText = "Admin", DisplayLocation = UrlDisplayLocation.DetailsOnly });
            var custom = builder.AddResource(new Oven("custom"))
                .WithInitialState(new() { ResourceType = "Oven", Properties = [], State = KnownResourceStates.Starting })
                .OnInitializeResource((oven, initialize, _) => initialize.Notifications.PublishUpdateAsync(
                    oven, snapshot => snapshot with { State = KnownResourceStates.Running }));
            Noted(Sleep(builder, "tool").WithExplicitStart().WithParentRelationship(server).WithReferenceRelationship(custom));
            Sleep(builder, "secretive").WithHidden();

            var migration = builder.AddExecutable("migration", "sh", ".", "-c", "echo no such table >&2; exit 3").WithHiddenOnCompletion(3);
            Sleep(builder, "after-start").WaitForStart(server);
            Noted(Sleep(builder, "noted").WaitForStart(server));
            Sleep(builder, "after-end").WaitForCompletion(migration, exitCode: 3);
            Sleep(builder, "in-vain").WaitForCompletion(migration);

            var sick = Sleep(builder, "sick").WithHttpEndpoint().WithHttpHealthCheck("/health");
            Sleep(builder, "patient").WaitFor(sick);

            builder.AddProject<Stray>("stray");
            builder.AddProject<Unbuilt>("unbuilt");

            Running = builder.Build();
            await Running.StartAsync(TestContext.Current.CancellationToken);
        }

        public ValueTask DisposeAsync() => Running.DisposeAsync();

        private static IResourceBuilder<ExecutableResource> Sleep(IDistributedApplicationBuilder builder, string name)
            => builder.AddExecutable(name, "sleep", ".", "1000");

        private void Noted(IResourceBuilder<ExecutableResource> resource) => resource
            .OnInitializeResource((executable, _, _) => Note($"{executable.Name} initialize"))
            .OnBeforeResourceStarted((executable, _, _) => Note($"{executable.Name} before"))
            .OnResourceReady((executable, _, _) => Note($"{executable.Name} ready"))
            .OnResourceStopped((executable, _, _) => Note($"{executable.Name} stopped"));

        private Task Note(string line)
        {
            Events.Enqueue(line);
            return Task.CompletedTask;
        }
    }

    private sealed class Stray : IProjectMetadata
    {
        public string ProjectPath => "/nowhere/Stray.csproj";
    }

    private sealed class Unbuilt : IProjectMetadata
    {
        public string ProjectPath => "/nowhere/Unbuilt.csproj";
    }

    private sealed class Oven(string name) : Resource(name);
}
