using FreeGpt4.Tests.LlmApi;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The chat in several tabs of one browser, and a page that is left too early.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatTabsTests(ChatFixture chat)
{
    [Fact]
    public async Task Tab_ShowsWhatAnotherOneHasAskedRenamedAndDeleted()
    {
        await using var one = await chat.OpenAsync();
        await one.AskAsync("asked in one tab");
        await using var other = await OpenBesideAsync(one);
        await Expect(other.LastAnswer).ToContainTextAsync("You said: asked in one tab");

        await one.AskAsync("and once more");
        await Expect(other.Questions.Locator("p")).ToHaveTextAsync(["asked in one tab", "and once more"]);
        await Expect(other.LastAnswer).ToContainTextAsync("You said: and once more");
        await other.AskAsync("answered to the other");
        await Expect(one.Questions.Locator("p")).ToHaveTextAsync(["asked in one tab", "and once more", "answered to the other"]);

        await one.ChooseAsync("Rename");
        await one.Page.GetByLabel("Title").FillAsync("renamed");
        await one.ClickAsync("Save");
        await Expect(other.Conversations).ToHaveTextAsync(["renamed"]);
        await Expect(other.Page.Locator("#title")).ToHaveTextAsync("renamed");

        await other.Question.FillAsync("half a question");
        await one.ChooseAsync("Delete");
        await one.ClickAsync("Delete");
        await Expect(other.Conversations).ToHaveCountAsync(0);
        await Expect(other.Questions).ToHaveCountAsync(0);
        await Expect(other.Notice).ToContainTextAsync("not there any more");
        await Expect(other.Question).ToHaveValueAsync("half a question");
    }

    [Fact]
    public async Task Conversation_DeletedWhileItsAnswerComes_DoesNotComeBack()
    {
        var left = new TaskCompletionSource();
        chat.Model.When("it is deleted meanwhile", async answer =>
        {
            await answer.SayAsync("it begins");
            await answer.Left;
            left.SetResult();
        });
        await using var one = await chat.OpenAsync();
        await one.AskAsync("something before");
        await using var other = await OpenBesideAsync(one);
        await one.SendAsync("it is deleted meanwhile");
        await Expect(one.LastAnswer).ToContainTextAsync("it begins");

        await Expect(other.Questions).ToHaveCountAsync(2);
        await other.ChooseAsync("Delete");
        await other.ClickAsync("Delete");

        await left.Task.WaitAsync(TestContext.Current.CancellationToken);
        await Expect(one.Answers).ToHaveCountAsync(0);
        await one.AskAsync("a new one");
        await Expect(other.Conversations).ToHaveTextAsync(["a new one"]);
        await other.ReloadAsync();
        await Expect(other.Conversations).ToHaveTextAsync(["a new one"]);
    }

    [Fact]
    public async Task Page_LeftWhileAnAnswerComes_KeepsTheQuestionAndWhatHadCome()
    {
        chat.Model.When("it never ends", async answer =>
        {
            await answer.SayAsync("so far it is good");
            await answer.Left;
        });
        await using var page = await chat.OpenAsync();

        await page.SendAsync("it never ends");
        await Expect(page.LastAnswer).ToContainTextAsync("so far it is good");
        await page.ReloadAsync();

        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["it never ends"]);
        await Expect(page.LastAnswer).ToContainTextAsync("so far it is good");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("Stopped");
        await Expect(page.Question).ToHaveValueAsync("");
        await Expect(page.Conversations).ToHaveTextAsync(["it never ends"]);
        await page.AskAsync("go on");

        await page.ReloadAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["it never ends", "go on"]);
        await Expect(page.Answers).ToHaveCountAsync(2);
        chat.Model.Chats[^1]["messages"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public async Task Page_LeftWhileNothingCanBeKept_SavesItLater()
    {
        await using var page = await chat.OpenAsync();
        await page.Page.RouteAsync("**/api/conversations", route => route.Request.Method == "POST" ? route.AbortAsync() : route.ContinueAsync());
        await page.AskAsync("kept by the browser");
        await Expect(page.Notice).ToContainTextAsync("This conversation is not saved");
        await page.Page.UnrouteAllAsync();

        // Not by its address: as somebody who comes back the next day.
        await page.Page.GotoAsync("about:blank");
        await page.GoAsync();

        await Expect(page.LastAnswer).ToContainTextAsync("You said: kept by the browser");
        await Expect(page.Conversations).ToHaveTextAsync(["kept by the browser"]);
        await page.ReloadAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("You said: kept by the browser");
        await Expect(page.Conversations).ToHaveTextAsync(["kept by the browser"]);
    }

    [Fact]
    public async Task Question_EditedAndLeftBeforeItsAnswer_ReplacesNothing()
    {
        chat.Model.When("edited", answer => answer.Left);
        await using var page = await chat.OpenAsync();
        await page.AskAsync("original");

        await page.ClickAsync("Edit the question");
        var field = page.Questions.GetByRole(AriaRole.Textbox);
        await field.FillAsync("edit");
        await field.PressAsync("Shift+Enter");
        await Expect(field).ToHaveValueAsync("edit\n");
        await field.FillAsync("edited");
        await field.PressAsync("Enter");
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["edited"]);
        await page.ReloadAsync();

        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["original"]);
        await Expect(page.LastAnswer).ToContainTextAsync("You said: original");
        await Expect(page.Question).ToHaveValueAsync("edited");
    }

    [Fact]
    public async Task LogOut_InOneTab_LeavesNothingInTheOthers()
    {
        await using var page = await chat.NewPageAsync();
        await page.LogInAsync();
        await page.GoAsync();
        await page.AskAsync("of somebody who is logged in");
        await using var other = await OpenBesideAsync(page);
        await other.Question.FillAsync("a draft of theirs");

        await page.Page.GetByText("Log out admin").ClickAsync();

        await Expect(page.Page.GetByText("Log in", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(other.Page.GetByText("Log in", new() { Exact = true })).ToBeVisibleAsync();
        foreach (var tab in (ChatPage[])[page, other])
        {
            await Expect(tab.Questions).ToHaveCountAsync(0);
            await Expect(tab.Conversations).ToHaveCountAsync(0);
            await Expect(tab.Question).ToHaveValueAsync("");
        }

        (await page.Page.EvaluateAsync<string>("JSON.stringify(localStorage)")).ShouldNotContain("theirs");
    }

    [Fact]
    public async Task Model_ChosenForAConversation_IsNoOtherOnes()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("by the first choice");
        await page.ClickAsync("New conversation");
        await page.Page.Locator("#pick-model").ClickAsync();
        await page.Page.GetByRole(AriaRole.Combobox).FillAsync("tiny-1");
        await page.Page.GetByRole(AriaRole.Option, new() { Name = "tiny-1" }).First.ClickAsync();
        await page.AskAsync("by the second");

        await Expect(page.Page.Locator("#model")).ToHaveTextAsync("tiny-1");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "by the first choice", Exact = true }).ClickAsync();
        await Expect(page.Page.Locator("#model")).ToHaveTextAsync("auto");
        await page.ReloadAsync();
        await Expect(page.Page.Locator("#model")).ToHaveTextAsync("auto");
        await page.AskAsync("and again");
        chat.Model.Chats[^1].Value("messages", 2, "content").ShouldBe("and again");
    }

    private static async Task<ChatPage> OpenBesideAsync(ChatPage page)
    {
        var beside = new ChatPage(await page.Page.Context.NewPageAsync(), page.Address);
        await beside.GoAsync($"/{new Uri(page.Page.Url).Fragment}");
        return beside;
    }
}
