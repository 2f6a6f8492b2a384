using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The cards of providers: what is to be filled in, and that they show what follows from it.</summary>
[Collection(ChatFixture.Name)]
public sealed class SettingsProvidersTests(ChatFixture chat)
{
    // As of a replica that has not read the settings yet.
    private const int LateReads = 3;

    [Theory]
    [InlineData("Custom")]
    [InlineData("VLLM")]
    public async Task Card_WhoseAddressIsSaved_ShowsThatItCanBeAsked(string provider)
    {
        await using var upstream = await StartUpstreamAsync();
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("providers");
        var (card, other) = (Card(page, provider), Card(page, "Groq"));
        await Expect(GroupOf(card)).ToHaveTextAsync("Not set up yet");
        await OpenCardAsync(other);
        await page.Page.GetByLabel("New key of Groq").FillAsync("half of a key");
        await OpenCardAsync(card);
        await Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "Test Custom" })).ToBeHiddenAsync();
        await page.Page.Locator($"#setting-{provider.ToUpperInvariant()}_BASE_URL").FillAsync(upstream.BaseUrl);
        await TellLateAsync(page);

        await page.Page.Keyboard.PressAsync("Enter");

        await Expect(Badge(card)).ToHaveTextAsync("Usable");
        await Expect(GroupOf(card)).ToHaveTextAsync("Set up");
        await Expect(page.Page.Locator($"#setting-{provider.ToUpperInvariant()}_BASE_URL")).ToBeFocusedAsync();
        await Expect(page.Page.GetByLabel("New key of Groq")).ToHaveValueAsync("half of a key");
        await Expect(other).ToHaveAttributeAsync("open", "");
        await page.ClickAsync($"Test {provider}");
        await Expect(card.Locator(".outcome")).ToContainTextAsync($"{provider} answered: it works.");
    }

    [Fact]
    public async Task Card_WhoseKeyIsAddedAndRemoved_ShowsIt()
    {
        await using var upstream = await StartUpstreamAsync();
        await using var site = new AdminSite(chat, settings: ("GROQ_BASE_URL", upstream.BaseUrl));
        await using var page = await site.OpenAsync("providers");
        var card = Card(page, "Groq");
        await OpenCardAsync(card);
        await Expect(card).ToContainTextAsync("It needs a key.");
        await TellLateAsync(page);
        await page.Page.GetByLabel("New key of Groq").FillAsync("gsk_a-key-of-a-test-1234");
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(Badge(card)).ToHaveTextAsync("Usable");
        await Expect(GroupOf(card)).ToHaveTextAsync("Set up");

        await TellLateAsync(page);
        await page.ClickAsync("Remove the key …1234");
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Remove the key" }).ClickAsync();
        await Expect(Badge(card)).ToHaveTextAsync("Not set up");
        await Expect(GroupOf(card)).ToHaveTextAsync("Not set up yet");
        await Expect(card).ToHaveAttributeAsync("open", "");
    }

    [Fact]
    public async Task Order_OfWhoIsSetUpJustNow_ShowsIt()
    {
        await using var upstream = await StartUpstreamAsync();
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("providers");
        var card = Card(page, "Custom");
        await OpenCardAsync(card);
        await page.Page.Locator("#setting-CUSTOM_BASE_URL").FillAsync(upstream.BaseUrl);
        await page.ChooseAsync("Who answers");
        var custom = page.Page.Locator(".providers-order li", new() { HasText = "Custom" });
        await Expect(custom.Locator(".badge")).ToHaveTextAsync("Not set up");
        await TellLateAsync(page);

        await page.SaveAsync();

        await Expect(custom.Locator(".badge")).ToHaveTextAsync("Usable");
    }

    [Fact]
    public async Task Status_ThatDoesNotFollow_IsNotReadForEver()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.NewPageAsync();
        await page.LogInAsync();
        await page.Page.Clock.InstallAsync();
        await page.GoAsync("/settings#providers");
        await OpenCardAsync(Card(page, "Groq"));
        await Card(page, "Groq").Locator(".more summary").ClickAsync();
        await page.Page.Locator("#setting-GROQ_MODELS").FillAsync("tiny-1");
        await page.SaveAsync();
        var reads = 0;
        page.Page.Request += (_, request) => reads += request.Url.EndsWith("/status", StringComparison.Ordinal) ? 1 : 0;

        await page.Page.Clock.RunForAsync("05:00");

        await page.Page.EvaluateAsync("fetch('/health')");
        reads.ShouldBeInRange(1, 10);
    }

    [Theory]
    [InlineData("en-US", "It needs the address of a server", "No model answers at this address.")]
    [InlineData("ru-RU", "Нужен адрес сервера", "По этому адресу не отвечает ни одна модель.")]
    public async Task Card_OfWhoNeedsNoKey_AsksForTheAddress_InWordsOfThePage(string locale, string custom, string local)
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("providers", new(WatchedPage.Phone) { Locale = locale });

        foreach (var provider in (string[])["Custom", "Ollama"])
        {
            await OpenCardAsync(Card(page, provider));
        }

        await Expect(page.Page.Locator("#setting-CUSTOM_BASE_URL")).ToBeVisibleAsync();
        await Expect(page.Page.Locator("#setting-CUSTOM_MODELS")).ToBeVisibleAsync();
        await Expect(page.Page.Locator("#setting-OLLAMA_BASE_URL")).ToBeVisibleAsync();
        await Expect(page.Page.Locator("#setting-OLLAMA_CONNECT_TIMEOUT")).ToBeHiddenAsync();
        await Expect(Card(page, "Custom")).ToContainTextAsync(custom);
        await Expect(Card(page, "Ollama")).ToContainTextAsync(local);
        await Expect(Card(page, "Custom").Locator("p").First).Not.ToContainTextAsync("CUSTOM_BASE_URL");
    }

    [Theory]
    [InlineData("Test this key")]
    [InlineData("Add the key")]
    public async Task Key_ThatIsNone_IsRefusedWhereItStands(string button)
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("providers");
        var card = Card(page, "Groq");
        await OpenCardAsync(card);
        await page.Page.GetByLabel("New key of Groq").FillAsync("ключ of nobody");

        await page.ClickAsync(button);

        await Expect(card.Locator(".outcome.wrong")).ToContainTextAsync("This is no key");
        await Expect(card.Locator(".outcome")).ToContainTextAsync("printable ASCII characters without spaces");
        await Expect(page.Toast).ToHaveCountAsync(0);
        await Expect(page.Page.GetByLabel("New key of Groq")).ToHaveValueAsync("ключ of nobody");
    }

    private static Task<UpstreamServer> StartUpstreamAsync() => UpstreamServer.StartAsync(
        Json("answer-complete.json"), Body("application/json", """{"data":[{"id":"tiny-1"}]}"""u8.ToArray()));

    private static ILocator Card(AdminPage page, string provider) =>
        page.Page.Locator("details.provider", new() { Has = page.Page.Locator(".provider-name").GetByText(provider, new() { Exact = true }) });

    private static ILocator Badge(ILocator card) => card.Locator("> summary .badge");

    private static ILocator GroupOf(ILocator card) => card.Locator("xpath=preceding-sibling::h2[1]");

    private static Task OpenCardAsync(ILocator card) => card.Locator("> summary").ClickAsync();

    /// <summary>The next reads of the status still tell what is told now.</summary>
    private static async Task TellLateAsync(AdminPage page)
    {
        var before = (await page.ReadAsync("/status")).GetRawText();
        await page.Page.RouteAsync("**/status", route => route.FulfillAsync(new() { ContentType = "application/json", Body = before }), new() { Times = LateReads });
    }
}
