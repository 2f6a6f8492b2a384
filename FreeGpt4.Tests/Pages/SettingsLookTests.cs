using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>How the settings look: colours, languages, narrow screens, and who uses them in another way than by looking.</summary>
[Collection(ChatFixture.Name)]
public sealed class SettingsLookTests(ChatFixture chat)
{
    private const int LargestFirstView = 100_000;

    private static readonly string[] Sections = ["answers", "order", "providers", "users", "data", "import", "account"];

    [Theory]
    [InlineData(ColorScheme.Light, false, "en-US")]
    [InlineData(ColorScheme.Dark, true, "ru-RU")]
    public async Task Section_FitsTheScreen_AndHasNothingThatAxeFinds(ColorScheme scheme, bool isPhone, string locale)
    {
        await using var site = new AdminSite(chat, settings: [("GROQ_API_KEY", "gsk_of-the-environment"), ("GROQ_BASE_URL", "http://127.0.0.1:9/v1")]);
        await using var page = await site.OpenAsync(
            options: new(isPhone ? WatchedPage.Phone : WatchedPage.Desktop) { ColorScheme = scheme, Locale = locale });
        foreach (var (index, section) in Sections.Index())
        {
            await page.Page.Locator("#sections a").Nth(index).ClickAsync();
            await Expect(page.Page.Locator($"#sections a[href='#{section}']")).ToHaveAttributeAsync("aria-current", "page");
            if (section is "providers")
            {
                await page.Page.Locator(".provider summary").First.ClickAsync();
                await page.Page.Locator(".more summary").First.ClickAsync();
            }

            await AssertFineAsync(page, section);
        }

        await page.Page.Locator("#sections a").First.ClickAsync();
        await page.Page.Locator("#setting-MODEL").FillAsync("tiny-1");
        await page.Page.Locator("#setting-MODEL_ALIASES").FillAsync("no alias");
        await page.Page.Locator("#save").ClickAsync();
        await Expect(page.Page.Locator("[aria-invalid=true]")).ToHaveCountAsync(1);
        await AssertFineAsync(page, "with what is refused");
        await page.Page.Locator("#discard").ClickAsync();
        await page.Page.Locator("#sections a").Nth(3).ClickAsync();
        await page.Page.Locator(".actions .primary").ClickAsync();
        await page.Page.Locator("dialog .more summary").ClickAsync();
        await AssertFineAsync(page, "with a new user");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Page.Locator(".entry button").First.ClickAsync();
        await Expect(page.Page.Locator("dialog .none")).ToBeVisibleAsync();
        await AssertFineAsync(page, "with a user");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Page.Locator("#look").ClickAsync();
        await AssertFineAsync(page, "with the look");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Toast_CoversNothingThatIsToBeUsed(bool isPhone)
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync(options: isPhone ? WatchedPage.Phone : WatchedPage.Desktop);
        await page.Page.Locator("#setting-MODEL_ALIASES").FillAsync("no alias");
        await page.Page.Locator("#setting-KEYWORD").FillAsync("q");
        await page.Page.Locator("#save").ClickAsync();
        await Expect(page.Toast).ToBeVisibleAsync();
        await Expect(page.Page.Locator("#setting-MODEL_ALIASES")).ToBeFocusedAsync();
        foreach (var place in (string[])["#setting-MODEL_ALIASES", "#setting-MODEL_ALIASES-problem", "#changes", "#save"])
        {
            (await CoveredAsync(page, place)).ShouldBeFalse(place);
        }

        // At the end, where nothing more can be scrolled from below it.
        await page.Page.EvaluateAsync("scrollTo(0, document.documentElement.scrollHeight)");
        foreach (var place in (string[])["#setting-HISTORY", "#setting-KEYWORD", "#changes"])
        {
            (await CoveredAsync(page, place)).ShouldBeFalse(place);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FirstView_IsSmallAndShiftsNothing(bool isPhone)
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.NewPageAsync(isPhone ? WatchedPage.Phone : WatchedPage.Desktop);
        await page.LogInAsync();

        var view = await FirstView.MeasureAsync(page, "/settings");

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"First contentful paint after {view.Paint:F0} ms; {view.Bytes:F0} bytes with headers."));
        view.Bytes.ShouldBeInRange(10_000, LargestFirstView);
        view.Shifts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Chat_LeadsToSettingsAndStatus_AndBack()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync();
        await page.Page.GotoAsync(site.Address.ToString());
        foreach (var (name, path) in ((string, string)[])[("Settings", "/settings"), ("Chat", "/"), ("Status", "/status"), ("Settings", "/settings")])
        {
            await page.Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
            await Expect(page.Page).ToHaveURLAsync(new Uri(site.Address, path).ToString());
        }
    }

    private static Task<bool> CoveredAsync(AdminPage page, string place) => page.Page.EvaluateAsync<bool>(
        """
        (place) => {
          const [one, other] = [document.querySelector('.toast'), document.querySelector(place)].map((element) => element.getBoundingClientRect());
          return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
        }
        """,
        place);

    private static async Task AssertFineAsync(AdminPage page, string when)
    {
        await page.AssertAccessibleAsync(when);
        (await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0, $"{when}: it is wider than the screen.");
    }
}
