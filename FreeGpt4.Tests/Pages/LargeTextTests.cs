using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>Letters of twice the size, as a browser may be set to, on narrow screens: nothing is beside the screen, and nothing in a button is cut.</summary>
[Collection(ChatFixture.Name)]
public sealed class LargeTextTests(ChatFixture chat)
{
    // What is hidden, what lies in something that is scrolled or shortened on purpose, and the list that is a drawer do not count.
    private const string FindBesideTheScreen = """
        () => {
          scrollTo(0, scrollY);
          const width = document.documentElement.clientWidth;
          const nameOf = (one) => `${one.localName}${one.id && `#${one.id}`}.${one.className} "${one.textContent.trim().slice(0, 30)}" ${one.scrollWidth} of ${one.clientWidth}, to ${Math.round(one.getBoundingClientRect().right)}`;
          const isClipped = (one) => one !== document.body && (getComputedStyle(one).overflowX !== 'visible' || isClipped(one.parentElement));
          const seen = [...document.body.querySelectorAll('*:not(svg, svg *)')].filter((one) =>
            one.checkVisibility({ visibilityProperty: true }) && one.offsetWidth > 1 && !one.closest('.visually-hidden, [inert]'));
          const beside = seen.filter((one) => {
            const { left, right } = one.getBoundingClientRect();
            return (right > width + 0.5 || left < -0.5) && !isClipped(one.parentElement);
          });
          const wide = seen.filter((one) => one.matches('dialog, .scroller, .sidebar, button, .wide-button, .badge, h1:not(.title), h2') && one.scrollWidth > one.clientWidth + 1);
          const peeking = [...document.querySelectorAll('.skip:not(:focus)')].filter((one) => one.getBoundingClientRect().bottom > 0);
          const page = document.documentElement.scrollWidth > width ? [`the page: ${document.documentElement.scrollWidth} of ${width}`] : [];
          return [...page, ...[...beside, ...wide, ...peeking].map(nameOf)];
        }
        """;

    [Theory]
    [InlineData(320, "en-US")]
    [InlineData(320, "ru-RU")]
    [InlineData(390, "en-US")]
    [InlineData(390, "ru-RU")]
    public async Task Pages_WithLettersOfTwiceTheSize_FitTheScreen(int width, string locale)
    {
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-complete.sse"));
        await using var site = new AdminSite(chat, upstream, ("CUSTOM_API_KEY", "sk-of-the-environment"), ("CUSTOM_MODELS", "tiny-1"));
        await using var page = await site.NewPageAsync(new(WatchedPage.Phone) { ViewportSize = new() { Width = width, Height = 844 }, Locale = locale, ReducedMotion = ReducedMotion.Reduce });

        await page.Page.GotoAsync(new Uri(site.Address, "/login").ToString());
        await AssertFitsAsync(page, "the login");
        await page.LogInAsync();
        await LookAtStatusAsync(page);
        await LookAtSettingsAsync(page);
        await LookAtChatAsync(page);
    }

    private static async Task LookAtStatusAsync(AdminPage page)
    {
        await page.GoAsync("/status");
        await page.Page.Locator(".plot summary").First.ClickAsync();
        await page.Page.Locator(".unused summary").ClickAsync();
        await AssertFitsAsync(page, "the status");
        await page.Page.Locator("#look").ClickAsync();
        await AssertFitsAsync(page, "the look");
    }

    private static async Task LookAtSettingsAsync(AdminPage page)
    {
        await page.GoAsync("/settings");
        var sections = page.Page.Locator("#sections a");
        for (var i = 0; i < await sections.CountAsync(); i++)
        {
            await sections.Nth(i).ClickAsync();
            await Expect(sections.Nth(i)).ToHaveAttributeAsync("aria-current", "page");
            var section = await sections.Nth(i).GetAttributeAsync("href");
            if (section is "#providers")
            {
                await page.Page.Locator(".provider summary").First.ClickAsync();
                await page.Page.Locator(".more summary").First.ClickAsync();
            }
            else if (section is "#order")
            {
                await page.Page.Locator(".chain > button").ClickAsync();
                await Expect(page.Page.Locator("#changes")).ToBeVisibleAsync();
            }

            await AssertFitsAsync(page, $"the settings at {section}");
            if (section is "#users")
            {
                await page.Page.Locator(".actions .primary").ClickAsync();
                await page.Page.Locator("dialog .more summary").ClickAsync();
                await AssertFitsAsync(page, "a new user");
                await page.Page.Keyboard.PressAsync("Escape");
            }
        }

        await page.Page.Locator("#discard").ClickAsync();
    }

    private static async Task LookAtChatAsync(AdminPage page)
    {
        await page.Page.GotoAsync(page.Address.ToString());
        await Expect(page.Page.Locator(".conversations > *").First).ToBeAttachedAsync();
        await AssertFitsAsync(page, "the welcome");
        await page.Page.Locator("#question").FillAsync("hello");
        await page.Page.Locator("#send").ClickAsync();
        await Expect(page.Page.Locator(".route")).Not.ToBeEmptyAsync();
        await page.Page.SetInputFilesAsync("#files", new FilePayload { Name = "notes-with-a-long-name.txt", MimeType = "text/plain", Buffer = "notes"u8.ToArray() });
        await Expect(page.Page.Locator(".chip button")).ToBeVisibleAsync();
        await AssertFitsAsync(page, "an answer");
        foreach (var button in (string[])["#pick-model", "#options"])
        {
            await page.Page.Locator(button).ClickAsync();
            await Expect(page.Dialog).ToBeVisibleAsync();
            await AssertFitsAsync(page, button);
            await page.Page.Keyboard.PressAsync("Escape");
        }

        await page.Page.Locator("#open-sidebar").ClickAsync();
        await Expect(page.Page.Locator("#close-sidebar")).ToBeInViewportAsync(new() { Ratio = 1 });
        await AssertFitsAsync(page, "the drawer");
        await page.Page.Locator(".conversations li button").First.ClickAsync();
        await AssertFitsAsync(page, "a menu");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Page.Locator("#preferences").ClickAsync();
        await Expect(page.Dialog).ToBeVisibleAsync();
        await AssertFitsAsync(page, "the preferences");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Page.Locator("#close-sidebar").ClickAsync();
    }

    private static async Task AssertFitsAsync(AdminPage page, string when)
    {
        await page.Page.EvaluateAsync("document.documentElement.style.fontSize = '200%'");
        (await page.Page.EvaluateAsync<string[]>(FindBesideTheScreen)).ShouldBeEmpty(when);
    }
}
