using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>Colours, languages, keys, narrow screens, and who uses the page in another way than by looking.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatLookTests(ChatFixture chat)
{
    private const string Light = "rgb(255, 255, 255)";
    private const string Dark = "rgb(21, 25, 24)";

    [Fact]
    public async Task Colours_AreTheSystems_UntilSomebodyChooses()
    {
        await using var page = await chat.OpenAsync(new(ChatPage.Desktop) { ColorScheme = ColorScheme.Dark });
        var paper = page.Page.Locator("html");
        await Expect(paper).ToHaveCSSAsync("background-color", Dark);

        await page.ClickAsync("Preferences");
        await page.Page.GetByLabel("Colours").SelectOptionAsync("light");
        await Expect(paper).ToHaveCSSAsync("background-color", Light);
        await page.ReloadAsync();
        await Expect(paper).ToHaveCSSAsync("background-color", Light);
        await page.ClickAsync("Preferences");
        await page.Page.GetByLabel("Colours").SelectOptionAsync("auto");
        await Expect(paper).ToHaveCSSAsync("background-color", Dark);
    }

    // Backgrounds are all the same there.
    [Fact]
    public async Task Colours_OfTheSystemOnly_LeaveAnEdgeToWhatHasNone()
    {
        await using var page = await chat.OpenAsync(new(ChatPage.Desktop) { ForcedColors = ForcedColors.Active });
        await page.AskAsync("hello");
        foreach (var edged in (string[])[".bubble", "#send"])
        {
            await Expect(page.Page.Locator(edged)).ToHaveCSSAsync("border-top-style", "solid");
            await Expect(page.Page.Locator(edged)).ToHaveCSSAsync("border-top-width", "1px");
        }

        await page.Page.Locator("#pick-model").ClickAsync();
        await Expect(page.Page.Locator(".model.active")).ToHaveCSSAsync("outline-style", "solid");
        await page.Page.GotoAsync(new Uri(chat.Address, "/status").ToString());
        await Expect(page.Page.Locator(".card-item .badge").First).ToHaveCSSAsync("border-top-style", "solid");
    }

    [Fact]
    public async Task Icons_OfSettingsOptionsAndPreferences_AreThree_TheSameOnEveryPage()
    {
        await using var page = await chat.OpenAsync();
        (await IconAsync("[href='/settings']")).ShouldBe("#icon-gear");
        (await IconAsync("#options")).ShouldBe("#icon-sliders");
        (await IconAsync("#preferences")).ShouldBe("#icon-look");

        await page.Page.GotoAsync(new Uri(chat.Address, "/status").ToString());
        (await IconAsync("#look")).ShouldBe("#icon-look");

        async Task<string?> IconAsync(string of)
        {
            var icon = await page.Page.Locator($"{of} use").GetAttributeAsync("href");
            await Expect(page.Page.Locator($"symbol{icon}")).ToHaveCountAsync(1);
            return icon;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Attachment_HasARoundButton_ThatAFingerHits(bool isPhone)
    {
        await using var page = await chat.OpenAsync(isPhone ? ChatPage.Phone : ChatPage.Desktop);
        await page.Page.SetInputFilesAsync("#files", new FilePayload { Name = new string('n', 100) + ".txt", MimeType = "text/plain", Buffer = "notes"u8.ToArray() });

        var box = (await page.Page.Locator(".chip button").BoundingBoxAsync()).ShouldNotBeNull();
        box.Width.ShouldBe(box.Height);
        box.Width.ShouldBeGreaterThanOrEqualTo(24);
        await page.ClickAsync($"Remove {new string('n', 100)}.txt");
        await Expect(page.Page.Locator(".chip")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Welcome_FitsThePage()
    {
        await using var page = await chat.OpenAsync();

        (await page.Page.Locator("#scroller").EvaluateAsync<bool>("scroller => scroller.scrollHeight > scroller.clientHeight")).ShouldBeFalse();
    }

    [Fact]
    public async Task Language_IsTheBrowsers_UntilSomebodyChooses()
    {
        await using var page = await chat.OpenAsync(new(ChatPage.Desktop) { Locale = "ru-RU" });
        await Expect(page.Page.Locator("html")).ToHaveAttributeAsync("lang", "ru");
        await Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "О чём хотите узнать?" })).ToBeVisibleAsync();
        await page.Question.FillAsync("привет");
        await page.ClickAsync("Отправить");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("токена");
        await Expect(page.Page.GetByText("Сегодня")).ToBeVisibleAsync();

        await page.ClickAsync("Вид и клавиши");
        await page.Page.GetByLabel("Язык").SelectOptionAsync("en");
        await Expect(page.Page.Locator("html")).ToHaveAttributeAsync("lang", "en");
        await page.ReloadAsync();
        await Expect(page.Page.GetByText("New conversation").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Keyboard_DoesEverything()
    {
        await using var page = await chat.OpenAsync();
        var keys = page.Page.Keyboard;
        await Expect(page.Question).ToBeFocusedAsync();
        await keys.TypeAsync("first line");
        await keys.PressAsync("Shift+Enter");
        await keys.TypeAsync("second line");
        await keys.PressAsync("Enter");
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync("first line\nsecond line", new() { UseInnerText = true });
        await page.AnsweredAsync();
        await Expect(page.Question).ToBeFocusedAsync();

        await keys.PressAsync("ArrowUp");
        await keys.PressAsync("Control+a");
        await keys.TypeAsync("edited by keys");
        await keys.PressAsync("Control+Enter");
        await Expect(page.LastAnswer).ToContainTextAsync("You said: edited by keys");
        await page.AnsweredAsync();

        await keys.PressAsync("Control+k");
        await Expect(page.Page.GetByRole(AriaRole.Searchbox)).ToBeFocusedAsync();
        await keys.PressAsync("Tab");
        await Expect(page.Conversations.First).ToBeFocusedAsync();
        await keys.PressAsync("Tab");
        await keys.PressAsync("Enter");
        await Expect(page.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Rename" })).ToBeFocusedAsync();
        await keys.PressAsync("ArrowUp");
        await Expect(page.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete" })).ToBeFocusedAsync();
        await keys.PressAsync("Escape");
        await Expect(page.Page.GetByRole(AriaRole.Menu)).ToHaveCountAsync(0);

        await keys.PressAsync("Control+m");
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await keys.PressAsync("Escape");
        await keys.PressAsync("Control+Shift+o");
        await Expect(page.Questions).ToHaveCountAsync(0);
        await Expect(page.Question).ToBeFocusedAsync();

        var left = new TaskCompletionSource();
        chat.Model.When("until escape", async answer =>
        {
            await answer.SayAsync("on and on");
            await answer.Left;
            left.SetResult();
        });
        await keys.TypeAsync("until escape");
        await keys.PressAsync("Enter");
        await Expect(page.LastAnswer).ToContainTextAsync("on and on");
        await keys.PressAsync("Escape");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("Stopped");
        await left.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Phone_HasTheListInADrawer_AndNothingBesideTheScreen()
    {
        chat.Model.When("wide things", "| " + string.Join(" | ", Enumerable.Range(0, 30)) + " |\n|" + string.Concat(Enumerable.Repeat("---|", 30))
            + "\n\n`" + new string('x', 300) + "`\n\n```\n" + new string('y', 300) + "\n```\n\n" + new string('z', 300) + "\n\n$$" + string.Join('+', Enumerable.Range(0, 80)) + "$$");
        await using var page = await chat.OpenAsync(new(ChatPage.Phone) { ViewportSize = new() { Width = 360, Height = 740 } });
        await Expect(page.Page.Locator("#sidebar")).Not.ToBeInViewportAsync();
        await page.Question.FillAsync("wide things");

        // A finger has a button to send; its Enter begins a line.
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(page.Question).ToHaveValueAsync("wide things\n");
        await page.AskAsync("wide things");

        (await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBe(360);
        (await page.Page.EvaluateAsync<bool>("(scroller => scroller.scrollWidth > scroller.clientWidth)(document.getElementById('scroller'))")).ShouldBeFalse();
        await page.ClickAsync("Conversations");
        await Expect(page.Page.Locator("#sidebar")).ToBeInViewportAsync();
        await page.ClickAsync("New conversation");
        await Expect(page.Page.Locator("#sidebar")).Not.ToBeInViewportAsync();
        await page.ClickAsync("Conversations");
        await page.Conversations.First.ClickAsync();
        await Expect(page.Page.Locator("#sidebar")).Not.ToBeInViewportAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["wide things"]);
        await page.ClickAsync("Conversations");
        await page.Page.Locator("#scrim").ClickAsync(new() { Position = new() { X = 350, Y = 400 } });
        await Expect(page.Page.Locator("#sidebar")).Not.ToBeInViewportAsync();
    }

    // Whoever reads what came before is not taken away from it.
    [Fact]
    public async Task Reader_WhoHasScrolledUp_StaysThere()
    {
        var goOn = new TaskCompletionSource();
        chat.Model.When("a long one", async answer =>
        {
            await answer.SayAsync(string.Join("\n\n", Enumerable.Range(1, 60).Select(i => $"Paragraph {i}")));
            await goOn.Task.WaitAsync(answer.Cancelled);
            await answer.SayAsync("\n\n" + string.Join("\n\n", Enumerable.Range(61, 60).Select(i => $"Paragraph {i}")));
        });
        await using var page = await chat.OpenAsync();
        await page.SendAsync("a long one");
        await Expect(page.Page.GetByText("Paragraph 60", new() { Exact = true })).ToBeInViewportAsync();

        await page.Page.Locator("#scroller").HoverAsync();
        await page.Page.Mouse.WheelAsync(0, -100_000);
        await Expect(page.Page.GetByText("Paragraph 1", new() { Exact = true })).ToBeInViewportAsync();
        goOn.SetResult();
        await page.AnsweredAsync();

        await Expect(page.Page.GetByText("Paragraph 1", new() { Exact = true })).ToBeInViewportAsync();
        await page.ClickAsync("To the end");
        await Expect(page.Page.GetByText("Paragraph 120", new() { Exact = true })).ToBeInViewportAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light, false)]
    [InlineData(ColorScheme.Dark, true)]
    public async Task Page_HasNothingThatAxeFinds(ColorScheme scheme, bool isPhone)
    {
        chat.Model.When("all there is", "# Title\n\n[link](https://example.com) `code` $x^2$\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nconst x = 'y'; // why\n```\n\n- [x] done\n\n![p](https://example.com/p.png)\n\n> quoted");
        await using var page = await chat.OpenAsync(new(isPhone ? ChatPage.Phone : ChatPage.Desktop) { ColorScheme = scheme });
        await page.AssertAccessibleAsync("at first");

        await page.AskAsync("all there is");
        await Expect(page.LastAnswer.Locator(".hljs-keyword")).ToHaveCountAsync(1);
        await page.Page.SetInputFilesAsync("#files", new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = "notes"u8.ToArray() });
        await page.AssertAccessibleAsync("with an answer");

        await page.Page.RouteAsync("**/v1/chat/completions", route => route.FulfillAsync(new() { Status = 503, Body = """{"error":{"message":"x"}}""" }));
        await page.ClickAsync("Send");
        await page.Page.GetByText("What exactly was said").ClickAsync();
        await page.AssertAccessibleAsync("with an error");

        await page.ClickAsync("Edit the question");
        await page.AssertAccessibleAsync("while a question is edited");
        await page.ClickAsync("Cancel");
        await page.Page.Locator("#pick-model").ClickAsync();
        await Expect(page.Page.GetByRole(AriaRole.Option).First).ToBeVisibleAsync();
        await page.AssertAccessibleAsync("with the models");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.ClickAsync("Options of this conversation");
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await page.AssertAccessibleAsync("with the options");
        await page.Page.Keyboard.PressAsync("Escape");
        if (isPhone)
        {
            await page.ClickAsync("Conversations");
            await page.AssertAccessibleAsync("with the drawer");
        }

        await page.Page.Locator(".conversations li button").First.ClickAsync();
        await page.AssertAccessibleAsync("with a menu");
        await page.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Rename" }).ClickAsync();
        await page.AssertAccessibleAsync("with a question to answer");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.ClickAsync("Preferences");
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await page.AssertAccessibleAsync("with the preferences");

        await page.Page.GotoAsync(new Uri(chat.Address, "/login").ToString());
        await page.AssertAccessibleAsync("at the login");
    }
}
