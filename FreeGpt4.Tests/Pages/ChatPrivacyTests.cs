using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>Who sees what.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatPrivacyTests(ChatFixture chat)
{
    [Fact]
    public async Task Browsers_DoNotSeeEachOthersConversations()
    {
        await using var mine = await chat.OpenAsync();
        await using var theirs = await chat.OpenAsync();
        await mine.AskAsync("a secret of mine");
        await theirs.AskAsync("a secret of theirs");
        var address = new Uri(mine.Page.Url).Fragment;

        await Expect(theirs.Conversations).ToHaveTextAsync(["a secret of theirs"]);
        await theirs.GoAsync($"/{address}");
        await Expect(theirs.Notice).ToContainTextAsync("This conversation is not there any more.");
        await Expect(theirs.Page.GetByText("a secret of mine")).ToHaveCountAsync(0);
        await theirs.Page.GetByRole(AriaRole.Searchbox).FillAsync("of mine");
        await Expect(theirs.Page.GetByText("Nothing found.")).ToBeVisibleAsync();
    }

    // On another port of the same host: the same site, to which browsers send all cookies.
    [Fact]
    public async Task PageOfSomebodyElse_ChangesNothing()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("only I may change this");
        var (id, target) = (new Uri(page.Page.Url).Fragment[1..], $"http://127.0.0.1:{chat.Address.Port}");
        await using var elsewhere = await Replica.StartAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync($"<form method=post action='{target}/api/conversations' enctype='text/plain'><input name='{{\"title\":\"forged' value='\"}}'></form>", context.RequestAborted);
        });
        var other = await page.Page.Context.NewPageAsync();
        await other.GotoAsync(elsewhere.Address.ToString());

        await other.EvaluateAsync("""
            async ([target, id]) => {
              const send = (path, options) => fetch(target + path, { mode: 'no-cors', credentials: 'include', ...options }).catch(() => {});
              await send('/api/conversations', { method: 'POST', body: '{"title":"forged"}' });
              await send('/api/conversations', { method: 'POST', body: new URLSearchParams({ title: 'forged' }) });
              await send(`/api/conversations/${id}`, { method: 'DELETE', mode: 'cors' });
              await send(`/api/conversations/${id}`, { method: 'PATCH', mode: 'cors', headers: { 'x-freegpt4-csrf': '1' }, body: '{"title":"forged"}' });
            }
            """, new[] { target, id });
        await other.RunAndWaitForResponseAsync(() => other.EvaluateAsync("document.forms[0].submit()"), response => response.Url.StartsWith(target, StringComparison.Ordinal));

        await page.ReloadAsync();
        await Expect(page.Conversations).ToHaveTextAsync(["only I may change this"]);
        await Expect(page.LastAnswer).ToContainTextAsync("You said: only I may change this");
    }

    [Fact]
    public async Task PageOfSomebodyElse_CannotHaveOursInAFrame()
    {
        await using var elsewhere = await Replica.StartAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync($"<iframe src='{chat.Address}'></iframe>", context.RequestAborted);
        });
        await using var page = await chat.OpenAsync();
        var other = await page.Page.Context.NewPageAsync();
        var refused = new TaskCompletionSource();
        other.Console += (_, message) =>
        {
            if (message.Text.Contains("frame-ancestors", StringComparison.Ordinal))
            {
                refused.TrySetResult();
            }
        };

        await other.GotoAsync(elsewhere.Address.ToString());

        await refused.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await Expect(other.FrameLocator("iframe").Locator("#question")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task PrivateMode_SendsAStrangerToTheLogin_AndBackAfterIt()
    {
        await using var model = await ChatModel.StartAsync();
        await using var api = new LlmApiFactory(settings: [("PRIVATE_MODE", "true"), ("CUSTOM_BASE_URL", model.BaseUrl)]);
        using var client = api.CreateClient();
        await using var page = await chat.OpenAsync();
        using var strangers = await client.GetAsync(new Uri("/api/conversations", UriKind.Relative), TestContext.Current.CancellationToken);
        strangers.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var address = client.BaseAddress!.ToString();
        await page.Page.GotoAsync(address);
        await page.Page.GetByLabel("Name").FillAsync(EmptyState.Admin);
        await page.Page.GetByLabel("Password").FillAsync("not the password");
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(page.Notice).ToBeVisibleAsync();
        await page.Page.GetByLabel("Name").FillAsync(EmptyState.Admin);
        await page.Page.GetByLabel("Password").FillAsync(EmptyState.AdminPassword);
        await page.Page.Keyboard.PressAsync("Enter");

        await page.AskAsync("now I may");
        await Expect(page.LastAnswer).ToContainTextAsync("You said: now I may");
        page.Page.Url.ShouldStartWith(address);
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Log out admin" }).ClickAsync();
        await Expect(page.Page.GetByLabel("Password")).ToBeVisibleAsync();
    }
}
