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

        await ChooseAsync(page, name, "Console logs");
        await Expect(page.GetByText("Application started. Press Ctrl+C to shut down.").First).ToBeVisibleAsync();

        await OpenResourcesAsync(page);
        await ChooseAsync(page, name, "Structured logs");
        await Expect(page.Locator("tr", new() { HasText = name }).Filter(new() { HasText = "Application started" }).First).ToBeVisibleAsync();

        await OpenResourcesAsync(page);
        await ChooseAsync(page, name, "Traces");
        await Expect(page.Locator("tr", new() { HasText = "proxy: GET" }).Filter(new() { HasText = name }).First).ToBeVisibleAsync();

        await OpenResourcesAsync(page);
        await ChooseAsync(page, name, "Metrics");
        var duration = page.GetByRole(AriaRole.Treeitem, new() { Name = "http.server.request.duration" });
        await ReloadUntilVisibleAsync(page, duration);
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

        await ChooseAsync(page, name, "Restart");

        await Expect(page.GetByText(RestartSucceeded()).First).ToBeVisibleAsync();
        var after = await rows.WaitForAsync(
            name, row => row.Property("executable.pid") is { } pid && pid != before.Property("executable.pid"), Cancelled);
        await rows.WaitUntilHealthyAsync(after.Name, Cancelled);
        await load.AnsweredAsync(20, Cancelled);
        (await load.StopAsync()).ShouldBeEmpty();
        await Expect(Rows(page).Filter(new() { HasText = name })).ToContainTextAsync("Running");
    }

    private static ILocator Rows(IPage page) => page.Locator("tr", new() { Has = page.Locator(".resource-name-text") });

    private static ILocator Replicas(IPage page) => Rows(page).Filter(new() { HasText = "llm-api-" });

    private static async Task ChooseAsync(IPage page, string name, string entry)
    {
        await Rows(page).Filter(new() { HasText = name }).GetByTitle("Actions").ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = entry, Exact = true }).ClickAsync();
    }

    // A page may miss what arrives while it loads.
    private static Task ReloadUntilVisibleAsync(IPage page, ILocator element) => Eventually.IsTrue(
        async () =>
        {
            try
            {
                await element.WaitForAsync(new() { Timeout = 10_000 });
                return true;
            }
            catch (TimeoutException)
            {
                await page.ReloadAsync();
                return false;
            }
        },
        Patience.Limit,
        $"{element} is visible",
        Cancelled);

    private async Task OpenResourcesAsync(IPage page)
    {
        await page.GotoAsync((await cluster.AppHost.DashboardLogin).ToString());
        await Expect(Replicas(page).First).ToBeVisibleAsync();
    }

    [GeneratedRegex("Restart.* succeeded", RegexOptions.IgnoreCase)]
    private static partial Regex RestartSucceeded();
}
