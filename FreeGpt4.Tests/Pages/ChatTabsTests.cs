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
    public async Task Answer_ThatAnotherTabIsGetting_IsAwaitedAndNotAskedForAgain()
    {
        var goOn = new TaskCompletionSource();
        chat.Model.When("for both tabs", async answer =>
        {
            await answer.SayAsync("it begins");
            await goOn.Task.WaitAsync(answer.Cancelled);
            await answer.SayAsync(" and ends");
        });
        await using var one = await chat.OpenAsync();
        await one.SendAsync("for both tabs");
        await Expect(one.LastAnswer).ToContainTextAsync("it begins");
        await Expect(one.Conversations).ToHaveCountAsync(1);

        await using var other = await OpenBesideAsync(one);
        await Expect(other.Questions.Locator("p")).ToHaveTextAsync(["for both tabs"]);
        await Expect(other.Page.GetByText("Another tab is getting the answer.")).ToBeVisibleAsync();
        await Expect(other.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToHaveCountAsync(0);

        await using var left = await OpenBesideAsync(one);
        await Expect(left.Page.GetByText("Another tab is getting the answer.")).ToBeVisibleAsync();
        goOn.SetResult();
        await Expect(other.LastAnswer).ToContainTextAsync("it begins and ends");
        await Expect(left.LastAnswer).ToContainTextAsync("it begins and ends");
        await Expect(other.Page.GetByText("Another tab is getting the answer.")).ToHaveCountAsync(0);
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

    [Fact]
    public async Task Tab_OfWhoIsNotLoggedInAnyMore_GivesNothingToWhoComesNext()
    {
        chat.Model.When("of the admin, too", answer => answer.SayAsync("an answer for the admin"));
        await using var page = await chat.NewPageAsync();
        await page.LogInAsync();
        await page.GoAsync();
        await page.AskAsync("of the admin");
        var address = new Uri(page.Page.Url).Fragment;
        await page.Page.Context.ClearCookiesAsync();

        await page.SendAsync("of the admin, too");
        await Expect(page.Notice).ToContainTextAsync("Somebody else is logged in now");
        await page.Question.FillAsync("a draft of the admin");
        await page.ClickAsync("Load the page again");
        await Expect(page.Notice).ToContainTextAsync("not there any more");
        await Expect(page.Conversations).ToHaveCountAsync(0);
        await Expect(page.Questions).ToHaveCountAsync(0);
        await Expect(page.Question).ToHaveValueAsync("");
        await page.AskAsync("of a visitor");
        await Expect(page.Conversations).ToHaveTextAsync(["of a visitor"]);

        await page.LogInAsync();
        await page.GoAsync($"/{address}");
        await page.ReloadAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["of the admin", "of the admin, too"]);
        await Expect(page.LastAnswer).ToContainTextAsync("an answer for the admin");
        await Expect(page.Question).ToHaveValueAsync("a draft of the admin");
    }

    [Fact]
    public async Task Answer_AskedForAgainWhereOthersHaveGoneOn_TakesNothingFromThem()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("the first");
        var id = new Uri(page.Page.Url).Fragment[1..];
        await page.Page.EvaluateAsync(
            "id => fetch(`/api/conversations/${id}/messages`, { method: 'POST', headers: { 'x-freegpt4-csrf': '1', 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ role: 'user', content: 'from a phone' }, { role: 'assistant', content: 'answered there' }] }) })",
            id);

        await page.ClickAsync("Answer again");
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["the first", "from a phone"]);
        await page.AnsweredAsync();
        await page.ReloadAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["the first", "from a phone"]);
        await Expect(page.Page.GetByText("answered there")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Messages_OfWhichNobodyHearsThatTheyAreKept_AreThereOnce()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("before");
        await page.Page.RouteAsync("**/messages", async route =>
        {
            await route.FetchAsync();
            await route.AbortAsync();
        });
        await page.SendAsync("asked once");
        await Expect(page.Notice).ToContainTextAsync("This conversation is not saved");
        await page.Page.UnrouteAllAsync();
        await page.ClickAsync("Save again");

        await Expect(page.Notice).ToHaveCountAsync(0);
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["before", "asked once"]);
        await page.ReloadAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["before", "asked once"]);
        await Expect(page.Answers).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task Conversation_OfWhichNobodyHearsThatItIsKept_IsThereOnce()
    {
        await using var page = await chat.OpenAsync();
        await page.Page.RouteAsync("**/api/conversations", async route =>
        {
            if (route.Request.Method != "POST")
            {
                await route.ContinueAsync();
                return;
            }

            await route.FetchAsync();
            await route.AbortAsync();
        });
        await page.SendAsync("the very first");
        await Expect(page.Notice).ToContainTextAsync("No connection to the cluster");
        await page.Page.UnrouteAllAsync();
        await page.ClickAsync("Save again");

        await Expect(page.Notice).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.Conversations).ToHaveTextAsync(["the very first"]);
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["the very first"]);
        await Expect(page.Answers).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Question_SentBeforeItsConversationIsThere_GoesToThatConversation()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("is on its way");
        var goOn = new TaskCompletionSource();
        await page.Page.RouteAsync("**/api/conversations/*", async route =>
        {
            await goOn.Task;
            await route.ContinueAsync();
        });

        await page.Page.ReloadAsync();
        await page.Question.FillAsync("sent early");
        await page.Question.PressAsync("Enter");
        await page.Page.Keyboard.PressAsync("Escape");
        goOn.SetResult();

        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["is on its way", "sent early"]);
        await Expect(page.LastAnswer).ToContainTextAsync("You said: sent early");
        await page.AnsweredAsync();
        await page.Page.UnrouteAllAsync();

        // A part of the page is no conversation.
        await page.Page.Locator(".skip").FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(page.Question).ToBeFocusedAsync();
        await page.AskAsync("after that");
        await Expect(page.Questions).ToHaveCountAsync(3);
        await Expect(page.Conversations).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Browser_ThatKeepsNothing_ChatsAllTheSame()
    {
        await using var page = await chat.NewPageAsync();
        await page.Page.AddInitScriptAsync("Object.defineProperty(globalThis, 'localStorage', { get() { throw new Error('not here'); } })");
        await page.GoAsync();

        await page.AskAsync("kept nowhere");

        await Expect(page.LastAnswer).ToContainTextAsync("You said: kept nowhere");
        await Expect(page.Conversations).ToHaveTextAsync(["kept nowhere"]);
    }

    private static async Task<ChatPage> OpenBesideAsync(ChatPage page)
    {
        var beside = new ChatPage(await page.Page.Context.NewPageAsync(), page.Address);
        await beside.GoAsync($"/{new Uri(page.Page.Url).Fragment}");
        return beside;
    }
}
