using System.Text.RegularExpressions;
using FreeGpt4.Tests.AppHost;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>The dashboard as a person sees it, in a browser.</summary>
[Collection(DashboardFixture.Name)]
public sealed partial class DashboardBrowserTests(DashboardFixture cluster)
{
    // Milliseconds after which it is worth trying again.
    private const float Moment = 20_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replica_FromThePrintedLink_ShowsItsLogsTracesAndMetrics()
    {
        await using var browser = await Browser.StartAsync();
        var page = browser.Page;
        await ClusterTests.ReplicasAnswering(cluster.AppHost.EdgeUrl, requests: 60);

        await OpenResourcesAsync(page);
        await Expect(Rows(page)).ToHaveCountAsync(3);
        await Expect(Replicas(page)).ToHaveCountAsync(2);
        await Expect(page.Locator("tr", new() { HasText = "proxy" }).GetByRole(AriaRole.Link)).ToHaveAttributeAsync("href", new Regex($":{cluster.AppHost.EdgePort}/?$"));
        var name = await Replicas(page).First.Locator(".resource-name-text").InnerTextAsync();

        await OpenAsync(page, name, "Console logs", path: "consolelogs");
        await ReloadUntilVisibleAsync(page, page.GetByText("Application started. Press Ctrl+C to shut down."), "the line that it has started");

        await OpenAsync(page, name, "Structured logs", path: "structuredlogs");
        await ReloadUntilVisibleAsync(page, page.Locator("tr", new() { HasText = name }).Filter(new() { HasText = "Application started" }), "the log of its start");

        await OpenAsync(page, name, "Traces", path: "traces");
        await ReloadUntilVisibleAsync(page, page.Locator("tr", new() { HasText = "proxy: GET" }).Filter(new() { HasText = name }), "a trace from the edge to it");

        await OpenAsync(page, name, "Metrics", path: "metrics");
        var duration = page.GetByRole(AriaRole.Treeitem, new() { Name = "http.server.request.duration" });
        await ReloadUntilVisibleAsync(page, duration, "the duration of its requests");
        await duration.ClickAsync();
        await Expect(page.GetByText("Duration of HTTP server requests.").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Parameter_ThatIsSecret_IsHidden()
    {
        await using var browser = await Browser.StartAsync();
        var page = browser.Page;
        await OpenResourcesAsync(page);

        await page.GotoAsync(new Uri(new Uri(page.Url), "/?view=Parameters").ToString());

        await Expect(page.GetByText("Parameters:custom-api-key")).ToBeVisibleAsync();
        (await page.ContentAsync()).ShouldNotContain(DashboardFixture.ProviderKey);
    }

    [Fact]
    public async Task Restart_PressedWhileRequestsRun_RestartsTheReplicaAndFailsNone()
    {
        await using var browser = await Browser.StartAsync();
        using var rows = cluster.Client();
        var page = browser.Page;
        await OpenResourcesAsync(page);
        var name = await Replicas(page).First.Locator(".resource-name-text").InnerTextAsync();
        var before = await rows.WaitUntilHealthyAsync(name, Cancelled);
        await using var load = Load.Start(cluster.AppHost.EdgeUrl);
        await load.AnsweredAsync(20, Cancelled);

        await ChooseAsync(page, name, "Restart", () => page.GetByText(RestartSucceeded()).First.WaitForAsync(new() { Timeout = Moment }));

        var after = await rows.WaitForAsync(
            name, row => row.Property("executable.pid") is { } pid && pid != before.Property("executable.pid"), Cancelled);
        await rows.WaitUntilHealthyAsync(after.Name, Cancelled);
        await load.AnsweredAsync(20, Cancelled);
        (await load.StopAsync()).ShouldBeEmpty();
        await Expect(Rows(page).Filter(new() { HasText = name })).ToContainTextAsync("Running");
    }

    [Fact]
    public async Task Parameter_DeletedAndSet_IsTakenAwayAndBack()
    {
        await using var browser = await Browser.StartAsync();
        using var rows = cluster.Client();
        var page = browser.Page;
        await OpenResourcesAsync(page);
        await page.GotoAsync(new Uri(new Uri(page.Url), "/?view=Parameters").ToString());

        await CommandAsync(
            page, "custom-api-key", "Delete parameter", fill: _ => Task.CompletedTask,
            () => rows.WaitForAsync("custom-api-key", row => row.State == "ValueMissing" && row.Property("Value") is null, Cancelled));
        await Expect(page.GetByText("Value missing")).ToBeVisibleAsync();
        await CommandAsync(
            page, "custom-api-key", "Set parameter",
            dialog => dialog.Locator("fluent-text-field input").First.FillAsync(DashboardFixture.ProviderKey, new() { Timeout = Moment }),
            () => rows.WaitForAsync("custom-api-key", row => row.State == "Running" && row.Property("Value") == DashboardFixture.ProviderKey, Cancelled));
        await Expect(page.GetByText("Value missing")).ToHaveCountAsync(0);

        (await page.ContentAsync()).ShouldNotContain(DashboardFixture.ProviderKey);
    }

    [Fact]
    public async Task Scale_UpAndDownWhileRequestsRun_ChangesTheRowsAndFailsNone()
    {
        await using var browser = await Browser.StartAsync();
        using var rows = cluster.Client();
        var page = browser.Page;
        await OpenResourcesAsync(page);
        var name = await Replicas(page).First.Locator(".resource-name-text").InnerTextAsync();
        await using var load = Load.Start(cluster.AppHost.EdgeUrl);
        await load.AnsweredAsync(20, Cancelled);

        await ScaleAsync(page, name, replicas: 4);
        var four = await rows.WaitForAsync(
            all => all.Values.Count(row => row.DisplayName == "llm-api" && row.Property("resource.healthState") == "Healthy") == 4, Cancelled);
        (await ClusterTests.ReplicasAnswering(cluster.AppHost.EdgeUrl, requests: 120)).Count.ShouldBe(4);
        four[name].Commands.Single(command => command.Name == "scale").ArgumentInputs.Single().Value.ShouldBe("4");

        await ScaleAsync(page, name, replicas: 2);
        await load.AnsweredAsync(20, Cancelled);
        (await load.StopAsync()).ShouldBeEmpty();
        (await ClusterTests.ReplicasAnswering(cluster.AppHost.EdgeUrl, requests: 60)).Count.ShouldBe(2);
    }

    private static ILocator Rows(IPage page) => page.Locator("tr", new() { Has = page.Locator(".resource-name-text") });

    private static ILocator Replicas(IPage page) => Rows(page).Filter(new() { HasText = "llm-api-" });

    // A page may miss what arrives while it loads.
    private static Task ReloadUntilVisibleAsync(IPage page, ILocator element, string what) => RepeatAsync(
        () => element.First.WaitForAsync(new() { Timeout = Moment }), between: () => page.ReloadAsync(), $"the page shows {what}");

    private static Task RepeatAsync(Func<Task> attempt, Func<Task> between, string what) => Eventually.IsTrue(
        async () =>
        {
            try
            {
                await attempt();
                return true;
            }
            catch (TimeoutException)
            {
                await between();
                return false;
            }
        },
        Patience.Limit,
        what,
        Cancelled);

    private static Task ScaleAsync(IPage page, string name, int replicas) => CommandAsync(
        page, name, "Scale",
        dialog => dialog.Locator("fluent-number-field input").FillAsync($"{replicas}", new() { Timeout = Moment }),
        () => Replicas(page).Nth(replicas - 1).And(Replicas(page).Last).WaitForAsync(new() { Timeout = Moment }));

    /// <summary>Gives a command by the menu of a resource, and fills in what it asks for.</summary>
    private static Task CommandAsync(IPage page, string name, string command, Func<ILocator, Task> fill, Func<Task> isDone) => RepeatAsync(
        async () =>
        {
            var dialog = page.Locator("fluent-dialog", new() { HasText = command });
            if (await dialog.CountAsync() == 0)
            {
                // Otherwise it is still there from the last attempt.
                await ChooseOnceAsync(page, name, command);
            }

            await fill(dialog);
            await dialog.Locator("fluent-button", new() { HasText = command }).ClickAsync(new() { Timeout = Moment });
            await isDone();
        },
        between: () => page.ReloadAsync(),
        $"'{command}' of {name} does something");

    /// <summary>Opens a page of a resource by its menu.</summary>
    private async Task OpenAsync(IPage page, string name, string entry, string path)
    {
        await OpenResourcesAsync(page);
        await ChooseAsync(page, name, entry, () => page.WaitForURLAsync($"**/{path}/**", new() { Timeout = Moment }));
    }

    /// <summary>Chooses from the menu of a resource until that shows, for a menu that is drawn anew while it is clicked loses the click.</summary>
    private Task ChooseAsync(IPage page, string name, string entry, Func<Task> shows) => RepeatAsync(
        async () =>
        {
            await ChooseOnceAsync(page, name, entry);
            await shows();
        },
        between: () => OpenResourcesAsync(page),
        $"choosing '{entry}' of {name} does something");

    private static async Task ChooseOnceAsync(IPage page, string name, string entry)
    {
        await Rows(page).Filter(new() { HasText = name }).GetByTitle("Actions").ClickAsync(new() { Timeout = Moment });
        await page.GetByRole(AriaRole.Menuitem, new() { Name = entry, Exact = true }).ClickAsync(new() { Timeout = Moment });
    }

    private async Task OpenResourcesAsync(IPage page)
    {
        await page.GotoAsync((await cluster.AppHost.DashboardLogin).ToString());
        await Expect(Replicas(page).First).ToBeVisibleAsync();
    }

    [GeneratedRegex("Restart.* succeeded", RegexOptions.IgnoreCase)]
    private static partial Regex RestartSucceeded();
}
