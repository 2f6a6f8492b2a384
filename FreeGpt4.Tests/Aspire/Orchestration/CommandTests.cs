#pragma warning disable ASPIREINTERACTION001 // Called experimental, and what is tested here.
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.Aspire.Orchestration;

/// <summary>Commands of a model in which nothing runs.</summary>
public sealed class CommandTests
{
    private readonly IDistributedApplicationBuilder _builder = DistributedApplication.CreateBuilder();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Command_OfOnesOwn_IsOfferedAsItsOptionsSay()
    {
        var oven = _builder.AddExecutable("oven", "true", ".")
            .WithCommand("bake", "Old", _ => Task.FromResult(CommandResults.Success()))
            .WithCommand("bake", "Bake", _ => Task.FromResult(CommandResults.Success()), new CommandOptions
            {
                Description = "Bakes.",
                ConfirmationMessage = "Is it in?",
                IconName = "Food",
                IconVariant = IconVariant.Filled,
                IsHighlighted = true,
                Visibility = ResourceCommandVisibility.UI,
                UpdateState = context => context.ResourceSnapshot.State?.Text == "Hot" ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
            });
        await using var application = _builder.Build();

        var cold = (await PublishAsync(application, oven.Resource, "Cold")).Commands.ShouldHaveSingleItem("the later one takes the place of the first");
        var hot = (await PublishAsync(application, oven.Resource, "Hot")).Commands.Single();

        (cold.State, hot.State).ShouldBe((ResourceCommandState.Hidden, ResourceCommandState.Enabled));
        (hot.DisplayName, hot.DisplayDescription, hot.ConfirmationMessage, hot.IconName, hot.IconVariant, hot.IsHighlighted, hot.Visibility).ShouldBe(
            ("Bake", "Bakes.", "Is it in?", "Food", (IconVariant?)IconVariant.Filled, true, ResourceCommandVisibility.UI));
    }

    [Theory]
    [InlineData("minutes", "20", "done after 20")]
    [InlineData("MINUTES", "20", "done after 20")]
    [InlineData("minutes", "soon", "minutes: 'soon' is not a number.")]
    [InlineData("minutes", "-1", "minutes: Too short.")]
    [InlineData("minutes", "", "minutes: A value is needed.")]
    [InlineData("hours", "1", "hours: The command has no such argument; it has minutes, heat.\nminutes: A value is needed.")]
    public async Task Arguments_AreCheckedBeforeTheCommandIsExecuted(string name, string value, string message)
    {
        var oven = _builder.AddExecutable("oven", "true", ".").WithCommand(
            "bake", "Bake", context => Task.FromResult(CommandResults.Success($"done after {context.Arguments.GetInt32("minutes")}", "a cake")),
            new CommandOptions
            {
                Arguments =
                [
                    new() { Name = "minutes", InputType = InputType.Number, Required = true },
                    new() { Name = "heat", InputType = InputType.Choice, Options = [new("low", "Low"), new("high", "High")], Value = "low" },
                ],
                ValidateArguments = context =>
                {
                    if (context.Inputs.GetInt32("minutes") < 0)
                    {
                        context.AddValidationError("minutes", "Too short.");
                    }

                    return Task.CompletedTask;
                },
            });
        await using var application = _builder.Build();
        await PublishAsync(application, oven.Resource, "Running");

        var result = await application.ResourceCommands.ExecuteCommandAsync(
            "oven", "bake", new InteractionInputCollection([new() { Name = name, InputType = InputType.Text, Value = value }]), Cancelled);

        (result.Message, result.Success, result.Data?.Value).ShouldBe(value == "20" ? (message, true, "a cake") : (message, false, null));
    }

    [Fact]
    public async Task HttpCommand_SendsItsRequestAndTellsOfTheAnswer()
    {
        await using var server = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.StatusCode = context.Request.Path == "/cakes" ? 201 : 409;
            await context.Response.WriteAsJsonAsync(new { path = context.Request.Path.Value }, Cancelled);
        });
        var oven = _builder.AddExecutable("oven", "true", ".").WithHttpEndpoint()
            .WithHttpCommand("/cakes", "Bake", commandName: "bake", commandOptions: new()
            {
                ResultMode = HttpCommandResultMode.Auto,
                PrepareRequest = context =>
                {
                    context.Request.Headers.Add("x-from", context.ResourceName);
                    return Task.CompletedTask;
                },
            })
            .WithHttpCommand("/burn", "Burn", commandName: "burn", commandOptions: new() { Method = HttpMethod.Put })
            .WithHttpCommand("/look", "Look", commandName: "look", commandOptions: new()
            {
                GetCommandResult = context => Task.FromResult(CommandResults.Failure($"I saw {(int)context.Response.StatusCode}")),
            });
        var endpoint = oven.Resource.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.AllocatedEndpoint = new(endpoint, "localhost", server.Port);
        await using var application = _builder.Build();
        var idle = await PublishAsync(application, oven.Resource, "Starting");
        var running = await PublishAsync(application, oven.Resource, "Running");

        var bake = await application.ResourceCommands.ExecuteCommandAsync("oven", "bake", Cancelled);
        var burn = await application.ResourceCommands.ExecuteCommandAsync("oven", "burn", Cancelled);
        var look = await application.ResourceCommands.ExecuteCommandAsync("oven", "look", Cancelled);

        (bake.Success, bake.Message).ShouldBe((true, $"POST http://localhost:{server.Port}/cakes answered 201."));
        (bake.Data!.Value, bake.Data.Format).ShouldBe(("""{"path":"/cakes"}""", CommandResultFormat.Json));
        (burn.Success, burn.Message, burn.Data).ShouldBe((false, $"PUT http://localhost:{server.Port}/burn answered 409.", null));
        look.Message.ShouldBe("I saw 409");
        server.Requests.Select(request => (request.Method, request.Path)).ShouldBe([("POST", "/cakes"), ("PUT", "/burn"), ("POST", "/look")]);
        server.Requests[0].Headers["x-from"].ShouldBe("oven");
        idle.Commands.ShouldAllBe(command => command.State == ResourceCommandState.Disabled);
        running.Commands.ShouldAllBe(command => command.State == ResourceCommandState.Enabled);
    }

    [Fact]
    public void HttpCommand_WithoutEndpoint_FailsTheModel()
        => Should.Throw<DistributedApplicationException>(() => _builder.AddExecutable("oven", "true", ".").WithHttpCommand("/", "Bake"))
            .Message.ShouldBe("'oven' has no endpoint named 'http' for an HTTP command: add one with WithHttpEndpoint before it.");

    [Fact]
    public async Task Parameter_WithoutValue_IsWaitedForUntilSomebodyGivesIt()
    {
        var key = _builder.AddParameter("key", secret: true);
        await using var application = _builder.Build();
        await application.Services.GetRequiredService<ParameterValues>().ResolveAsync();
        var missing = Snapshot(application, "key");
        var waiting = key.Resource.GetValueAsync(Cancelled).AsTask();
        waiting.IsCompleted.ShouldBeFalse();

        var set = await application.ResourceCommands.ExecuteCommandAsync(
            "key", "set-parameter", new InteractionInputCollection([new() { Name = "Value", InputType = InputType.SecretText, Value = "sesame" }]), Cancelled);

        set.Success.ShouldBeTrue(set.Message);
        (await waiting).ShouldBe("sesame");
        missing.State.ShouldBe(new ResourceStateSnapshot("ValueMissing", "warning"));
        missing.Commands.Select(command => (command.Name, command.State)).ShouldBe(
            [("set-parameter", ResourceCommandState.Enabled), ("delete-parameter", ResourceCommandState.Hidden)]);
        var known = Snapshot(application, "key");
        (known.State!.Text, known.Properties.Single(property => property.Name == "Value")).ShouldBe(
            ("Running", new ResourcePropertySnapshot("Value", "sesame") { IsSensitive = true }));

        var unset = await application.ResourceCommands.ExecuteCommandAsync("key", "delete-parameter", Cancelled);

        unset.Success.ShouldBeTrue(unset.Message);
        Snapshot(application, "key").State!.Text.ShouldBe("ValueMissing");
        key.Resource.GetValueAsync(Cancelled).AsTask().IsCompleted.ShouldBeFalse();
    }

    private static CustomResourceSnapshot Snapshot(DistributedApplication application, string id)
        => application.ResourceNotifications.TryGetCurrentState(id, out var known) ? known.Snapshot : throw new InvalidOperationException($"No {id}.");

    private static async Task<CustomResourceSnapshot> PublishAsync(DistributedApplication application, ExecutableResource resource, string state)
    {
        await application.ResourceNotifications.PublishUpdateAsync(resource, snapshot => snapshot with { State = state });
        return Snapshot(application, resource.Name);
    }
}
