using System.Globalization;
using System.Net;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi;
using Microsoft.Playwright;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>How the cluster is, in a browser.</summary>
[Collection(ChatFixture.Name)]
public sealed class StatusTests(ChatFixture chat)
{
    private const int LargestFirstView = 100_000;
    private const string Nobody = "http://127.0.0.1:9/v1";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Status_ThroughAnEdge_ShowsWhatIsAsked_WhileItIs(bool isNginx)
    {
        var reply = Json("answer-complete.json");
        await using var upstream = await UpstreamServer.StartAsync(context => reply(context));
        await using var site = new AdminSite(chat, upstream);
        EdgeProgram program = isNginx ? new NginxProgram() : new ProxyProgram();
        await using var edge = await program.StartAsync(site.Address);
        await using var page = await site.NewPageAsync(edge: edge.Client.BaseAddress);
        await page.GoAsync("/status");
        var (requests, errors) = (Plot(page, "Requests"), Plot(page, "Errors"));
        await Expect(page.Page.Locator("h1")).ToHaveTextAsync("All is well");
        await Expect(page.Main).ToContainTextAsync("1 provider usable · 1 replica · the database answers");
        await Expect(requests).ToContainTextAsync("Nothing in this time");
        await Expect(requests.Locator("canvas")).ToHaveCountAsync(1);

        await AskAsync(edge.Client, HttpStatusCode.OK);
        await Expect(requests).ToContainTextAsync("1 in all");
        await Expect(Plot(page, "Tokens")).ToContainTextAsync("in all");
        reply = Status(401, "who is this?");
        await AskAsync(edge.Client, HttpStatusCode.ServiceUnavailable);
        await Expect(errors).ToContainTextAsync("1 in all");
        await Expect(page.Page.Locator("h1")).ToHaveTextAsync("Nobody can answer");
        await Expect(page.Page.Locator(".card-item", new() { HasText = "Custom" })).ToContainTextAsync("Waits");

        await page.Page.GetByText("24 hours").ClickAsync();
        await Expect(requests).ToContainTextAsync("2 in all");
        await page.Page.GetByText("30 days").ClickAsync();
        await Expect(requests).ToContainTextAsync("2 in all");
        await requests.GetByText("The figures as a table").ClickAsync();
        await Expect(requests.Locator("tbody tr")).ToHaveCountAsync(30);
        await Expect(requests.Locator("tbody td").First).ToHaveTextAsync("2");
        page.Elsewhere.ShouldBeEmpty();
    }

    [Fact]
    public async Task Page_ThatIsHidden_AsksNothing()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.NewPageAsync();
        await page.Page.Clock.InstallAsync();
        await page.GoAsync("/status");
        await Expect(page.Page.Locator("#live")).ToHaveTextAsync("Live");
        await SetHiddenAsync(page, true);
        await Expect(page.Page.Locator("#live")).ToHaveTextAsync("Paused");

        var asked = false;
        page.Page.Request += (_, _) => asked = true;
        await page.Page.Clock.RunForAsync(60_000);
        asked.ShouldBeFalse();
        await SetHiddenAsync(page, false);
        await Expect(page.Page.Locator("#live")).ToHaveTextAsync("Live");
        asked.ShouldBeTrue();
    }

    [Fact]
    public async Task Cluster_ThatDoesNotAnswer_IsSaidSo_UntilItDoes()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.NewPageAsync();
        await page.GoAsync("/status");
        await page.Page.Context.SetOfflineAsync(true);
        await Expect(page.Page.Locator("h1")).ToHaveTextAsync("The cluster does not answer");
        await Expect(page.Page.Locator("#live")).ToHaveTextAsync("No connection");

        await page.Page.Context.SetOfflineAsync(false);
        await Expect(page.Page.Locator("#live")).ToHaveTextAsync("Live");
        await Expect(page.Page.Locator("h1")).Not.ToHaveTextAsync("The cluster does not answer");
    }

    [Fact]
    public async Task Stranger_InPrivateMode_SeesWhoIsUsable_AndNoMore()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(401, "who is this?"));
        await using var site = new AdminSite(chat, upstream, ("PRIVATE_MODE", "true"), ("FALLBACK_PROVIDERS", "Custom,Ollama,VLLM"), ("OLLAMA_BASE_URL", Nobody), ("VLLM_BASE_URL", Nobody));
        await using var page = await site.NewPageAsync();
        await page.GoAsync("/status");
        await Expect(page.Page.Locator("h1")).ToHaveTextAsync("All is well");
        await Expect(page.Main).ToContainTextAsync("More is shown to who is logged in.");
        await Expect(page.Page.Locator("#plots-part")).ToBeHiddenAsync();
        await Expect(page.Page.Locator("#replicas-part")).ToBeHiddenAsync();
        await Expect(page.Page.Locator(".card-item")).ToHaveTextAsync(["CustomUsable"]);
        await Expect(page.Page.Locator(".facts, .unused")).ToHaveCountAsync(0);

        await using var asking = await site.NewPageAsync();
        await asking.LogInAsync();
        var answer = await asking.Page.Context.APIRequest.PostAsync(
            new Uri(site.Address, "/v1/chat/completions").ToString(), new() { Data = ChatRequests.Body(), Headers = [new("content-type", "application/json"), new("origin", site.Address.GetLeftPart(UriPartial.Authority))] });
        answer.Status.ShouldBe(503, await answer.TextAsync());
        await Expect(page.Page.Locator(".card-item")).ToHaveTextAsync(["CustomWaits"]);
        await Expect(page.Page.Locator("h1")).ToHaveTextAsync("Nobody can answer");

        await page.LogInAsync();
        await page.ReloadAsync();
        await Expect(page.Page.Locator("#plots-part")).ToBeVisibleAsync();
        await Expect(page.Page.Locator("#replicas-part")).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("en-US", "check CUSTOM_API_KEY.", "Nobody answers at its address.", "Set GROQ_API_KEY.")]
    [InlineData("ru-RU", "проверьте CUSTOM_API_KEY.", "По его адресу никто не отвечает.", "Задайте GROQ_API_KEY.")]
    public async Task Provider_ThatIsNotUsable_SaysWhyInTheLanguageOfThePage(string locale, string ofKey, string ofServer, string ofUnused)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(401, "who is this?"));
        await using var site = new AdminSite(chat, upstream, ("FALLBACK_PROVIDERS", "Custom,Ollama"), ("OLLAMA_BASE_URL", Nobody));
        await using var page = await site.NewPageAsync(new(WatchedPage.Desktop) { Locale = locale });
        using var client = site.CreateClient();
        await AskAsync(client, HttpStatusCode.ServiceUnavailable);
        await page.GoAsync("/status");

        var custom = page.Page.Locator(".card-item", new() { HasText = "Custom" });
        await Expect(custom.Locator(".muted").First).ToContainTextAsync(ofKey);
        await Expect(page.Page.Locator(".card-item", new() { HasText = "Ollama" })).ToContainTextAsync(ofServer);
        await Expect(page.Page.Locator(".badge.bad")).ToHaveCountAsync(0);
        await page.Page.Locator(".unused summary").ClickAsync();
        await Expect(page.Page.Locator(".unused dd", new() { HasText = "GROQ" })).ToHaveTextAsync(ofUnused);
        await custom.Locator("summary").ClickAsync();
        await Expect(custom).ToContainTextAsync("Wants a key (HTTP 401): set CUSTOM_API_KEY.");

        // What is shown is made anew with each reply.
        await page.Page.RouteAsync("**/status", async route => await route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = (await (await route.FetchAsync()).TextAsync()).Replace("not_running", "new_here").Replace("is not running", "is of a later version"),
        }));
        await Expect(page.Page.Locator(".card-item", new() { HasText = "Ollama" })).ToContainTextAsync("Is of a later version.");
        await Expect(custom.Locator("details")).ToHaveAttributeAsync("open", "");
        await Expect(custom.Locator("summary")).ToBeFocusedAsync();
        await Expect(page.Page.Locator(".unused")).ToHaveAttributeAsync("open", "");
        await page.Page.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.IgnoreErrors });
    }

    [Fact]
    public async Task Usage_ThatIsNotWrittenDown_IsSaidSo()
    {
        await using var site = new AdminSite(chat, settings: ("ENABLE_USAGE_LOGGING", "false"));
        await using var page = await site.NewPageAsync();
        await page.GoAsync("/status");

        await Expect(page.Main).ToContainTextAsync("Requests are not written down here (ENABLE_USAGE_LOGGING=false)");
        await Expect(page.Page.Locator("canvas:visible")).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData(ColorScheme.Light, false, "ru-RU")]
    [InlineData(ColorScheme.Dark, true, "en-US")]
    public async Task Page_IsSmall_ShiftsNothing_FitsTheScreen_AndHasNothingThatAxeFinds(ColorScheme scheme, bool isPhone, string locale)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var site = new AdminSite(chat, upstream);
        await using var page = await site.NewPageAsync(new(isPhone ? WatchedPage.Phone : WatchedPage.Desktop) { ColorScheme = scheme, Locale = locale });
        using var client = site.CreateClient();
        await AskAsync(client, HttpStatusCode.OK);

        var view = await FirstView.MeasureAsync(page, "/status");

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"First contentful paint after {view.Paint:F0} ms; {view.Bytes:F0} bytes with headers."));
        view.Bytes.ShouldBeInRange(10_000, LargestFirstView);
        view.Shifts.ShouldBeEmpty();
        await page.Page.Locator(".plot summary").First.ClickAsync();
        await page.Page.Locator(".unused summary").ClickAsync();
        await page.AssertAccessibleAsync("status");
        (await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0);
        await page.Page.Locator("#look").ClickAsync();
        await page.AssertAccessibleAsync("with the look");
    }

    private static ILocator Plot(AdminPage page, string name) => page.Page.Locator(".plot", new() { Has = page.Page.GetByRole(AriaRole.Heading, new() { Name = name }) });

    private static async Task AskAsync(HttpClient client, HttpStatusCode status)
    {
        using var answer = await client.ChatAsync(ChatRequests.Body());
        answer.StatusCode.ShouldBe(status, await answer.TextAsync());
    }

    // No browser without a screen hides a page by itself.
    private static async Task SetHiddenAsync(AdminPage page, bool isHidden) => await page.Page.EvaluateAsync(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }", isHidden);
}
