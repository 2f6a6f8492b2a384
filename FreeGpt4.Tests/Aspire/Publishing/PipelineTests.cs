#pragma warning disable ASPIREPIPELINES001 // Called experimental, and what is tested here.
using Aspire.Hosting;
using Aspire.Hosting.Pipelines;

namespace FreeGpt4.Tests.Aspire.Publishing;

/// <summary>Which steps are done, and in which order.</summary>
public sealed class PipelineTests
{
    private static readonly string[] SecondAndFirst = ["second", "first"];

    private readonly List<string> _done = [];

    [Fact]
    public async Task Steps_ThatAStepNeeds_AreDoneOnceAndBeforeIt()
    {
        using var model = new PublishedModel("--operation", "publish", "--step", "last");
        Add(model, "last", dependsOn: SecondAndFirst);
        Add(model, "second", dependsOn: "first");
        Add(model, "first");
        Add(model, "before-last", dependsOn: "second", requiredBy: "last");
        Add(model, "unasked", dependsOn: "last");

        await model.PublishAsync();

        _done.ShouldBe(["first", "second", "before-last", "last"]);
    }

    [Fact]
    public async Task Step_OfNoName_IsToldWhoWantsIt()
    {
        using var model = PublishedModel.ForCompose();
        Add(model, "mine", dependsOn: "yours", requiredBy: WellKnownPipelineSteps.Publish);

        (await Should.ThrowAsync<DistributedApplicationException>(model.PublishAsync)).Message.ShouldStartWith("Step 'mine' depends on 'yours', which does not exist");
    }

    [Fact]
    public async Task Steps_InACircle_AreRefused()
    {
        using var model = PublishedModel.ForCompose();
        Add(model, "a", dependsOn: "b", requiredBy: WellKnownPipelineSteps.Publish);
        Add(model, "b", dependsOn: "a");

        (await Should.ThrowAsync<DistributedApplicationException>(model.PublishAsync)).Message.ShouldContain("depends on itself");
        _done.ShouldBeEmpty();
    }

    [Fact]
    public void Step_Twice_IsRefused()
    {
        using var model = PublishedModel.ForCompose();
        Add(model, "a");

        Should.Throw<InvalidOperationException>(() => Add(model, "a")).Message.ShouldContain("'a'");
    }

    private void Add(PublishedModel model, string name, object? dependsOn = null, object? requiredBy = null)
        => model.Builder.Pipeline.AddStep(
            name,
            _ =>
            {
                _done.Add(name);
                return Task.CompletedTask;
            },
            dependsOn,
            requiredBy);
}
