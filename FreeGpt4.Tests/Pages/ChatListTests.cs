using System.Text.Json.Nodes;
using FreeGpt4.Tests.LlmApi;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The list of conversations.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatListTests(ChatFixture chat)
{
    [Fact]
    public async Task Conversations_AreListedSearchedRenamedExportedAndDeleted()
    {
        await using var page = await chat.OpenAsync();
        await Expect(page.Page.GetByText("Your conversations will be here.")).ToBeVisibleAsync();
        await page.AskAsync("Where do swifts sleep?");
        await page.ClickAsync("New conversation");
        await page.AskAsync("How tall is Rigi?");
        await Expect(page.Conversations).ToHaveTextAsync(["How tall is Rigi?", "Where do swifts sleep?"]);
        await Expect(page.Conversations.First).ToHaveAttributeAsync("aria-current", "page");

        // In what was said, and not only in the title.
        await page.Page.GetByRole(AriaRole.Searchbox).FillAsync("said: where do SWIFTS");
        await Expect(page.Conversations).ToHaveTextAsync(["Where do swifts sleep?"]);
        await page.Page.GetByRole(AriaRole.Searchbox).FillAsync("nothing like that");
        await Expect(page.Page.GetByText("Nothing found.")).ToBeVisibleAsync();
        await page.Page.GetByRole(AriaRole.Searchbox).FillAsync("swifts sleep");
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["Where do swifts sleep?"]);
        await page.Page.GetByRole(AriaRole.Searchbox).FillAsync("");
        await Expect(page.Conversations).ToHaveCountAsync(2);
        await page.Conversations.Last.ClickAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["Where do swifts sleep?"]);

        await page.ChooseAsync("Rename");
        await page.Page.GetByLabel("Title").FillAsync("The <b>Rigi</b>");
        await page.ClickAsync("Save");
        await Expect(page.Conversations.First).ToHaveTextAsync("The <b>Rigi</b>");
        await Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "More for “The <b>Rigi</b>”" })).ToBeFocusedAsync();

        var download = await page.Page.RunAndWaitForDownloadAsync(() => page.ChooseAsync("Export"));
        await using var file = await download.CreateReadStreamAsync();
        var exported = await JsonNode.ParseAsync(file, cancellationToken: TestContext.Current.CancellationToken);
        exported.Value("conversations", 0, "title").ShouldBe("The <b>Rigi</b>");
        exported.Value("conversations", 0, "messages", 1, "content").ShouldBe("You said: How tall is Rigi?");

        await page.ChooseAsync("Delete");
        await page.ClickAsync("Delete");
        await Expect(page.Conversations).ToHaveTextAsync(["Where do swifts sleep?"]);
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["Where do swifts sleep?"]);

        await page.ClickAsync("Preferences");
        await page.ClickAsync("Delete all conversations");
        await page.ClickAsync("Delete");
        await Expect(page.Page.GetByText("Your conversations will be here.")).ToBeVisibleAsync();
        await Expect(page.Questions).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.Conversations).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task List_OfWhichMoreIsShown_StaysAsLongAsItIs()
    {
        const int Count = 55;
        await using var page = await chat.NewPageAsync();
        await page.LogInAsync();
        await page.GoAsync();
        await page.Page.EvaluateAsync(
            "async count => { await fetch('/api/conversations', { method: 'DELETE', headers: { 'x-freegpt4-csrf': '1' } }); for (let i = 1; i <= count; i++) await fetch('/api/conversations', { method: 'POST', headers: { 'x-freegpt4-csrf': '1', 'content-type': 'application/json' }, body: JSON.stringify({ title: `Number ${i}` }) }); }",
            Count);
        await page.ReloadAsync();
        await Expect(page.Conversations).ToHaveCountAsync(50);
        await page.ClickAsync("Show more");
        await Expect(page.Conversations).ToHaveCountAsync(Count);
        await Expect(page.Conversations.Nth(50)).ToBeFocusedAsync();

        await page.ChooseAsync("Rename");
        await page.Page.GetByLabel("Title").FillAsync("The newest");
        await page.ClickAsync("Save");
        await Expect(page.Conversations.First).ToHaveTextAsync("The newest");
        await Expect(page.Conversations).ToHaveCountAsync(Count);
    }

    [Fact]
    public async Task Conversation_LeftWhileItsAnswerComes_GoesOnAndIsKept()
    {
        var goOn = new TaskCompletionSource();
        chat.Model.When("slowly", async answer =>
        {
            await answer.SayAsync("first, ");
            await goOn.Task.WaitAsync(answer.Cancelled);
            await answer.SayAsync("last.");
        });
        await using var page = await chat.OpenAsync();
        await page.AskAsync("begin");
        await page.SendAsync("slowly");
        await Expect(page.LastAnswer).ToContainTextAsync("first,");

        await page.ClickAsync("New conversation");
        await page.AskAsync("meanwhile");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "begin", Exact = true }).ClickAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("first,");
        await Expect(page.Page.Locator("#stop")).ToBeVisibleAsync();
        goOn.SetResult();
        await page.AnsweredAsync();

        await Expect(page.LastAnswer).ToContainTextAsync("first, last.");
        await page.ReloadAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("first, last.");
    }

    [Fact]
    public async Task Draft_OfEachConversation_SurvivesAReload()
    {
        await using var page = await chat.OpenAsync();
        await page.Question.FillAsync("not sent yet");
        await page.Page.SetInputFilesAsync("#files", new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = "some notes"u8.ToArray() });
        await Expect(page.Page.Locator(".attachments .chip")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Expect(page.Question).ToHaveValueAsync("not sent yet");
        await Expect(page.Page.Locator(".attachments .chip")).ToContainTextAsync("notes.txt");

        await page.ClickAsync("Send");
        await Expect(page.Conversations).ToHaveCountAsync(1);
        await page.Question.FillAsync("for the old one");
        await page.ClickAsync("New conversation");
        await Expect(page.Question).ToHaveValueAsync("");
        await page.Question.FillAsync("for the new one");
        await page.ReloadAsync();

        await Expect(page.Question).ToHaveValueAsync("for the new one");
        await page.Conversations.First.ClickAsync();
        await Expect(page.Question).ToHaveValueAsync("for the old one");
    }
}
