#pragma warning disable ASPIREPIPELINES001 // Called experimental, and what is tested here.
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Backchannel;
using Aspire.Hosting.Pipelines;
using FreeGpt4.Tests.Aspire.Publishing;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Aspire.Cli;

/// <summary>What the CLI is sent.</summary>
public sealed class BackchannelTests
{
    private const string Secret = $"sk-{LeakWatch.Secret}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Log_WithASecretThatTheResourceWasGiven_IsSentWithoutIt()
    {
        await using var application = DistributedApplication.CreateBuilder().Build();
        var notifications = application.Services.GetRequiredService<ResourceNotificationService>();
        var resource = new ExecutableResource("tool", "tool", ".");
        await notifications.PublishUpdateAsync(resource, "tool-1", snapshot => snapshot with
        {
            EnvironmentVariables = [new("KEY", Secret, IsFromSpec: true) { IsSensitive = true }, new("PLAIN", "seen", IsFromSpec: true)],
        });
        application.Services.GetRequiredService<ResourceLoggerService>().Append("tool-1", $"my key is {Secret}!", isError: true);

        var logs = application.Services.GetRequiredService<ConsoleLogs>();
        var batch = await logs.ReadAsync(new("tool", Follow: false, Search: null, Tail: null, IncludeHidden: false), Cancelled).SingleAsync(Cancelled);
        notifications.TryGetCurrentState("tool-1", out var instance).ShouldBeTrue();
        var snapshot = ResourceSnapshot.From(instance!, SecretMask.Of(notifications));

        var line = batch.Lines.ShouldHaveSingleItem();
        line.IsError.ShouldBeTrue();
        line.Content.ShouldEndWith("Z my key is ********!");
        snapshot.EnvironmentVariables.ToDictionary(variable => variable.Name, variable => variable.Value)
            .ShouldBe(new Dictionary<string, string?> { ["KEY"] = null, ["PLAIN"] = "seen" }, ignoreOrder: true);
    }

    [Fact]
    public void Socket_OfAProjectBehindALink_IsWhereTheCliLooks()
    {
        using var folder = new TemporaryFolder();
        var real = Directory.CreateDirectory(Path.Combine(folder.Path, "real"));
        var link = Directory.CreateSymbolicLink(Path.Combine(folder.Path, "link"), real.FullName);

        Hash(link.FullName).ShouldBe(Hash(real.FullName));
        Hash(folder.Path).ShouldNotBe(Hash(real.FullName));

        static string Hash(string folder) => Path.GetFileName(AppHostIdentity.NewSocketPath(Path.Combine(folder, "Some.AppHost.csproj")))[..11];
    }

    [Fact]
    public async Task Step_TellsOfItsTasksAndItsLog()
    {
        using var model = new PublishedModel("--operation", "publish", "--step", "mine");
        model.Builder.Pipeline.AddStep("mine", async context =>
        {
            await using var task = await context.ReportingStep.CreateTaskAsync("Painting", Cancelled);
            await task.UpdateAsync("Painting in green", Cancelled);
            context.Logger.Log(LogLevel.Warning, default, "No paint is left.", exception: null, (text, _) => text);
            await task.CompleteAsync("Painted", CompletionState.CompletedWithWarning, Cancelled);
        });

        var activities = await ActivitiesAsync(model);

        activities.Where(activity => activity.Data.Id.StartsWith("mine", StringComparison.Ordinal))
            .Select(activity => (activity.Type, activity.Data.StatusText, activity.Data.CompletionState)).ShouldBe(
            [
                ("step", "mine", "InProgress"),
                ("task", "Painting", "InProgress"),
                ("task", "Painting in green", "InProgress"),
                ("log", "No paint is left.", "Completed"),
                ("task", "Painting in green", "CompletedWithWarning"),
                ("step", "mine", "Completed"),
            ]);
        activities[^1].Type.ShouldBe("publish-complete");
        activities[^1].Data.CompletionState.ShouldBe("Completed");
    }

    [Fact]
    public async Task Step_ThatFails_IsToldOnce()
    {
        using var model = new PublishedModel("--operation", "publish", "--step", "mine");
        model.Builder.Pipeline.AddStep("mine", _ => throw new DistributedApplicationException("There is no brush."));

        var activities = await ActivitiesAsync(model);

        activities.Where(activity => activity.Data.IsError).Select(activity => (activity.Type, activity.Data.StatusText)).ShouldBe(
            [("step", "There is no brush."), ("publish-complete", "There is no brush.")]);
    }

    private static async Task<IReadOnlyList<PublishingActivity>> ActivitiesAsync(PublishedModel model)
    {
        await using var application = model.Builder.Build();
        try
        {
            await application.Services.GetRequiredService<PipelineRunner>().RunAsync(Cancelled);
        }
        catch (DistributedApplicationException)
        {
            // Told by the activities.
        }

        return await application.Services.GetRequiredService<PipelineActivityReporter>().Activities.ReadAllAsync(Cancelled).ToArrayAsync(Cancelled);
    }
}
