using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>Questions and answers, as a person has them in a browser.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatTests(ChatFixture chat)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answer_IsShownWhileItComes_AndIsThereAgainAfterAReload()
    {
        var (thought, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        chat.Model.When("What is a heat pump?", async answer =>
        {
            await answer.ThinkAsync("They ask about heat.");
            await thought.Task.WaitAsync(answer.Cancelled);
            await answer.SayAsync("It moves **heat");
            await goOn.Task.WaitAsync(answer.Cancelled);
            await answer.SayAsync("** uphill.");
        });
        await using var page = await chat.OpenAsync();

        await page.SendAsync("What is a heat pump?");
        await Expect(page.LastAnswer.Locator("summary")).ToHaveTextAsync("Thinking…");
        await Expect(page.LastAnswer.Locator(".dots")).ToBeVisibleAsync();
        thought.SetResult();
        await Expect(page.LastAnswer).ToContainTextAsync("It moves **heat");
        await Expect(page.LastAnswer).ToContainTextAsync("Custom · tiny-1");
        await Expect(page.Page.Locator("#status")).ToHaveTextAsync("Answering…");
        await Expect(page.Page.Locator("#stop")).ToBeVisibleAsync();
        goOn.SetResult();
        await page.AnsweredAsync();

        await Expect(page.Page.Locator("#status")).ToHaveTextAsync("The answer is complete.");
        await Expect(page.LastAnswer.Locator("strong")).ToHaveTextAsync("heat");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("8 tokens");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("first word after");
        await Expect(page.Page).ToHaveTitleAsync("What is a heat pump? · FreeGpt4");
        await page.ReloadAsync();
        await Expect(page.Questions).ToContainTextAsync("What is a heat pump?");
        await Expect(page.LastAnswer.Locator("strong")).ToHaveTextAsync("heat");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("8 tokens");
        await page.LastAnswer.GetByText("Thoughts").ClickAsync();
        await Expect(page.LastAnswer.GetByText("They ask about heat.")).ToBeVisibleAsync();
        await Expect(page.Question).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Send_ClickedTwice_AsksAndDoesNotStop()
    {
        await using var page = await chat.OpenAsync();
        await page.Question.FillAsync("twice");

        await page.Page.Locator("#send").DblClickAsync();
        await page.AnsweredAsync();

        await Expect(page.LastAnswer).ToContainTextAsync("You said: twice");
        await Expect(page.LastAnswer.Locator(".route")).Not.ToContainTextAsync("Stopped");
    }

    [Fact]
    public async Task Stop_WhileAnAnswerComes_KeepsWhatHasComeAndEndsTheUpstream()
    {
        var left = new TaskCompletionSource();
        chat.Model.When("Count to a million", async answer =>
        {
            await answer.SayAsync("1, 2, 3,");
            await answer.Left;
            left.SetResult();
        });
        await using var page = await chat.OpenAsync();

        await page.SendAsync("Count to a million");
        await Expect(page.LastAnswer).ToContainTextAsync("1, 2, 3,");
        await page.ClickAsync("Stop the answer");

        await left.Task.WaitAsync(Patience.Limit, Cancelled);
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("Stopped");
        // And kept.
        await page.AnsweredAsync();
        await page.ReloadAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("1, 2, 3,");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("Stopped");
    }

    [Fact]
    public async Task Question_EditedAndSentAgain_TakesThePlaceOfWhatFollowed()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("one");
        await page.AskAsync("two");
        await page.AskAsync("three");

        await page.Questions.Nth(1).GetByRole(AriaRole.Button, new() { Name = "Edit the question" }).ClickAsync();
        await page.Questions.Nth(1).GetByRole(AriaRole.Textbox).FillAsync("TWO");
        await page.Questions.Nth(1).GetByText("Send").ClickAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("You said: TWO");
        await page.AnsweredAsync();

        string[] asked = ["one", "You said: one", "TWO"];
        chat.Model.Chats[^1]["messages"]!.AsArray().Select(message => message.Value("content")).ShouldBe(asked);
        await Expect(page.Questions).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Expect(page.Questions).ToHaveCountAsync(2);
        await Expect(page.LastAnswer).ToContainTextAsync("You said: TWO");
    }

    [Fact]
    public async Task WhatAnEditOrAnotherAnswerReplaced_IsBroughtBack()
    {
        var goOn = new TaskCompletionSource();
        chat.Model.When("edited at the beginning", async answer =>
        {
            await answer.SayAsync("it begins");
            await goOn.Task.WaitAsync(answer.Cancelled);
        });
        await using var page = await chat.OpenAsync();
        await page.AskAsync("to be edited");
        await page.AskAsync("what followed");
        string[] all = ["to be edited", "what followed"];

        await page.Questions.First.GetByRole(AriaRole.Button, new() { Name = "Edit the question" }).ClickAsync();
        await page.Questions.GetByRole(AriaRole.Textbox).FillAsync("edited at the beginning");
        await page.Questions.GetByRole(AriaRole.Textbox).PressAsync("Enter");
        await Expect(page.LastAnswer).ToContainTextAsync("it begins");
        await Expect(page.Questions).ToHaveCountAsync(1);
        await page.ClickAsync("Undo");
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(all);
        await page.AnsweredAsync();

        chat.Model.When("what followed", "Another answer.");
        await page.ClickAsync("Answer again");
        await Expect(page.LastAnswer).ToContainTextAsync("Another answer.");
        await page.AnsweredAsync();
        await page.ClickAsync("Undo");
        await Expect(page.LastAnswer).ToContainTextAsync("You said: what followed");
        await Expect(page.Notice).ToHaveCountAsync(0);

        // Once it is kept, too.
        await Expect(page.Conversations).ToHaveCountAsync(1);
        await page.AskAsync("the end");
        await page.ReloadAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync([.. all, "the end"]);
        await Expect(page.Answers.Nth(1)).ToContainTextAsync("You said: what followed");
    }

    [Fact]
    public async Task Answer_AskedForAgain_TakesThePlaceOfTheOne()
    {
        var times = 0;
        chat.Model.When("Roll a die", answer => answer.SayAsync($"It shows {++times}."));
        await using var page = await chat.OpenAsync();
        await page.AskAsync("first things first");
        await page.AskAsync("Roll a die");
        await Expect(page.LastAnswer).ToContainTextAsync("It shows 1.");

        await page.ClickAsync("Answer again");
        await Expect(page.LastAnswer).ToContainTextAsync("It shows 2.");
        await page.AnsweredAsync();

        chat.Model.Chats[^1]["messages"]!.AsArray().Count.ShouldBe(3);
        await page.ReloadAsync();
        await Expect(page.Answers).ToHaveCountAsync(2);
        await Expect(page.LastAnswer).ToContainTextAsync("It shows 2.");
    }

    [Fact]
    public async Task Text_OfEveryKindOfUnicode_ArrivesUnchanged()
    {
        string[] texts =
        [
            "Ünïcödé: ß, Ĳ, ﬁ, é (composed) and é (not)",
            "עברית mixed with العربية and English \u202Ereversed\u202C",
            "日本語 中文 한국어 ไทย हिन्दी",
            "😀 👩\u200D👩\u200D👧\u200D👦 🏳️\u200D🌈 👍🏽 🇨🇭 1️⃣",
            "𝕸𝖆𝖙𝖍 𐍈 𒀀 \U0010FFFD",
            "zero\u200Bwidth\u200Djoiners\u00ADsoft hyphen\uFEFFmark nbsp",
            "Z̸̨͝a̵l̴g̷ơ",
            "tab\tand\nline\nbreaks\n\n  with spaces  ",
            "\"quotes\" 'single' \\backslash\\ {\"json\":\"\\u0000\"} <b>&amp; </script>",
            "\u2028line separator\u2029paragraph",
        ];
        await using var page = await chat.OpenAsync();

        foreach (var text in texts)
        {
            await page.AskAsync(text);
            chat.Model.Chats[^1]["messages"]!.AsArray()[^1].Value("content").ShouldBe(text);
        }

        var before = await page.Questions.Locator("p").AllTextContentsAsync();
        before.ShouldBe(texts);
        await page.ReloadAsync();
        await Expect(page.Questions).ToHaveCountAsync(texts.Length);
        (await page.Questions.Locator("p").AllTextContentsAsync()).ShouldBe(texts);
    }

    [Fact]
    public async Task Conversation_ContinuedInTwoTabs_HasTheMessagesOfBoth()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("from both");
        var second = await page.Page.Context.NewPageAsync();
        await using var other = new ChatPage(second, chat.Address);
        await second.GotoAsync(page.Page.Url);
        await Expect(other.Answers).ToHaveCountAsync(1);

        await other.AskAsync("from the second");
        await page.SendAsync("from the first");

        await Expect(page.Answers).ToHaveCountAsync(3);
        await page.AnsweredAsync();
        await page.ReloadAsync();
        (await page.Questions.Locator("p").AllTextContentsAsync()).ShouldBe(["from both", "from the second", "from the first"]);
    }
}
