using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The chat as somebody has it open.</summary>
internal sealed class ChatPage(IPage page, Uri address) : WatchedPage(page, address)
{
    public ILocator Question => Page.Locator("#question");

    public ILocator Questions => Page.Locator(".message.question");

    public ILocator Answers => Page.Locator(".message.answer");

    public ILocator LastAnswer => Answers.Last;

    public ILocator Conversations => Page.Locator(".conversations li a");

    public ILocator Notice => Page.GetByRole(AriaRole.Alert);

    protected override ILocator Ready => Page.Locator("body.ready");

    public Task GoAsync() => GoAsync("/");

    /// <summary>Asks, and waits until the answer is there and kept.</summary>
    public async Task AskAsync(string question)
    {
        var before = await Answers.CountAsync();
        await SendAsync(question);
        await Expect(Answers).ToHaveCountAsync(before + 1);
        await AnsweredAsync();
    }

    public async Task SendAsync(string question)
    {
        await Question.FillAsync(question);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
    }

    /// <summary>Nothing is under way any more.</summary>
    public async Task AnsweredAsync()
    {
        await Expect(Page.Locator("#send")).ToBeVisibleAsync();
        await Expect(Page.Locator("[aria-busy]")).ToHaveCountAsync(0);
    }

    /// <summary>The menu of the conversation that was changed last.</summary>
    public async Task ChooseAsync(string entry)
    {
        await Page.Locator(".conversations li button").First.ClickAsync();
        await Page.GetByRole(AriaRole.Menuitem, new() { Name = entry }).ClickAsync();
    }
}
