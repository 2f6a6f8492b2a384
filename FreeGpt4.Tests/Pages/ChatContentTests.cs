using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>What answers look like, and what they cannot do.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatContentTests(ChatFixture chat)
{
    private const string Rich = """
        # Title

        **Bold**, [a link](https://example.com/page) and `code`.

        | Name | Count |
        |---|---:|
        | alpha | 22 |

        ```python
        def twice(x):
            return x * 2  # "twice"
        ```

        The square $a^2$ and

        $$\frac{a}{b}$$

        It costs $5, or $6 at most.

        - [x] done
        - [ ] open
        """;

    private const string Hostile = """
        <script>window.pwned = 1</script>

        <img src=x onerror="window.pwned = 2"> text <b onclick="window.pwned = 3">bold</b>

        [one](javascript:window.pwned=4) [two](data:text/html;base64,PHNjcmlwdD4=) [three](/api/logout) [four](//elsewhere.example/x) [five](vbscript:x)

        <a href="javascript:window.pwned=5">raw</a> <iframe src="https://elsewhere.example/frame"></iframe> <style>body { display: none }</style>

        ![huge](https://elsewhere.example/huge.png) ![track][remote] ![svg](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9InBhcmVudC5wd25lZD02Ii8+)

        <form action="https://elsewhere.example/"><input name="password"><button>Log in</button></form>

        <svg onload="window.pwned=7"><math><mtext><table><mglyph><style><img src=x onerror="window.pwned=8">

        <div class="failure" id="composer" style="position:fixed;inset:0;z-index:99">covers everything</div>

        $\href{javascript:window.pwned=9}{x}$ $\includegraphics{https://elsewhere.example/i.png}$ $\unicode{<img src=x onerror=window.pwned=10>}$

        [remote]: https://elsewhere.example/track.png "a title"

        **[unclosed `and
        | a | b
        |--

        ```html
        <script>window.pwned = 11</script>
        """;

    [Fact]
    public async Task Markdown_HasTablesCodeAndFormulas()
    {
        chat.Model.When("show everything", Rich);
        await using var page = await chat.OpenAsync(new(ChatPage.Desktop) { Permissions = ["clipboard-read", "clipboard-write"] });

        await page.AskAsync("show everything");

        var answer = page.LastAnswer;
        await Expect(answer.GetByRole(AriaRole.Heading, new() { Name = "Title" })).ToBeVisibleAsync();
        await Expect(answer.Locator("td").Last).ToHaveTextAsync("22");
        await Expect(answer.Locator("td").Last).ToHaveCSSAsync("text-align", "end");
        await Expect(answer.Locator("math")).ToHaveCountAsync(2);
        await Expect(answer.Locator("math mfrac")).ToHaveCountAsync(1);
        await Expect(answer.GetByText("It costs $5, or $6 at most.")).ToBeVisibleAsync();
        await Expect(answer.GetByRole(AriaRole.Checkbox).First).ToBeCheckedAsync();
        await Expect(answer.GetByRole(AriaRole.Link, new() { Name = "a link" })).ToHaveAttributeAsync("rel", "noopener noreferrer nofollow");
        await Expect(answer.Locator("code .hljs-keyword").First).ToHaveTextAsync("def");
        await answer.GetByRole(AriaRole.Button, new() { Name = "Copy", Exact = true }).ClickAsync();
        await Expect(answer.GetByText("Copied")).ToBeVisibleAsync();
        (await page.Page.EvaluateAsync<string>("navigator.clipboard.readText()")).ShouldBe("def twice(x):\n    return x * 2  # \"twice\"\n");
        await page.ClickAsync("Copy the answer");
        (await page.Page.EvaluateAsync<string>("navigator.clipboard.readText()")).ShouldBe(Rich);
    }

    [Fact]
    public async Task Answer_ThatIsHostile_DoesNothing()
    {
        chat.Model.When("attack", Hostile);
        await using var page = await chat.OpenAsync();
        page.Page.Dialog += (_, dialog) => Assert.Fail($"A dialog: {dialog.Message}");

        await page.AskAsync("attack");
        await AssertHarmlessAsync(page);
        await page.ReloadAsync();
        await AssertHarmlessAsync(page);

        // The page is as it was.
        await page.AskAsync("and now?");
        await Expect(page.LastAnswer).ToContainTextAsync("You said: and now?");
    }

    [Fact]
    public async Task Answer_NestedDeeperThanAnyoneReads_IsShownAsItCameAndKept()
    {
        var quotes = new string('>', 3000);
        chat.Model.When("nest it", $"So deep: one\n\n{quotes} at the bottom");
        await using var page = await chat.OpenAsync();

        await page.AskAsync("nest it");
        await Expect(page.LastAnswer).ToContainTextAsync("at the bottom");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("Custom");

        await page.ReloadAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("at the bottom");
    }

    [Fact]
    public async Task Title_ThatIsHostile_IsText()
    {
        const string Name = "<img src=x onerror=window.pwned=1> \"'><script>window.pwned=2</script>";
        await using var page = await chat.OpenAsync();

        await page.AskAsync(Name);

        await Expect(page.Conversations.First).ToHaveTextAsync(Name);
        await Expect(page.Page.Locator("#title")).ToHaveTextAsync(Name);
        await page.ChooseAsync("Delete");
        await Expect(page.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync(Name);
        (await page.Page.EvaluateAsync<object?>("window.pwned")).ShouldBeNull();
    }

    // While it comes and after: a list, a table and code that are longer than what is read anew, and links that are defined last.
    [Fact]
    public async Task Answer_ThatGrew_LooksAsItDoesAfterAReload()
    {
        var list = string.Join('\n', Enumerable.Range(1, 120).Select(i => $"{i}. entry **{i}** with some words that make it longer"));
        var table = "| a | b |\n|---|---|\n" + string.Join('\n', Enumerable.Range(1, 120).Select(i => $"| cell {i} | and **more** words in this one |"));
        var code = "```js\n" + string.Join('\n', Enumerable.Range(1, 200).Select(i => $"const value{i} = {i};")) + "\n```";
        chat.Model.When("grow", $"{list}\n\nThen [this][1].\n\n{table}\n\n> quoted\n\n{code}\n\n[1]: https://example.com/late");
        await using var page = await chat.OpenAsync();

        await page.AskAsync("grow");
        await Expect(page.LastAnswer.Locator(".hljs-keyword")).ToHaveCountAsync(200);
        var grown = await page.LastAnswer.Locator(".prose").InnerHTMLAsync();
        await page.ReloadAsync();
        await Expect(page.LastAnswer.Locator(".hljs-keyword")).ToHaveCountAsync(200);

        (await page.LastAnswer.Locator(".prose").InnerHTMLAsync()).ShouldBe(grown);
        await Expect(page.LastAnswer.Locator("ol")).ToHaveCountAsync(1);
        await Expect(page.LastAnswer.Locator("table")).ToHaveCountAsync(1);
        await Expect(page.LastAnswer.GetByRole(AriaRole.Link)).ToHaveAttributeAsync("href", "https://example.com/late");
    }

    private static async Task AssertHarmlessAsync(ChatPage page)
    {
        var answer = page.LastAnswer;
        await Expect(answer).ToContainTextAsync("window.pwned = 11");
        await Expect(answer.Locator("script, iframe, style, form, svg:not([aria-hidden]), img, input:not([disabled]), [style], [onclick], [onerror], [onload]")).ToHaveCountAsync(0);
        await Expect(answer.Locator(".prose .failure, .prose [id]")).ToHaveCountAsync(0);
        (await answer.Locator(".prose a").EvaluateAllAsync<string[]>("links => links.map(link => link.href)"))
            .ShouldBe(["https://elsewhere.example/huge.png", "https://elsewhere.example/track.png"]);
        (await page.Page.EvaluateAsync<object?>("window.pwned")).ShouldBeNull();
        page.Elsewhere.ShouldBeEmpty();
    }
}
