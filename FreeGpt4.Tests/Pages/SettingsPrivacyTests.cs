using System.Text.Json;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>Who sees the settings, and who may change them.</summary>
[Collection(ChatFixture.Name)]
public sealed class SettingsPrivacyTests(ChatFixture chat)
{
    [Fact]
    public async Task Stranger_IsSentToTheLogin_WhichSpeaksTheirLanguage_AndComesBack()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.NewPageAsync(new(WatchedPage.Desktop) { Locale = "ru-RU" });
        await page.Page.GotoAsync(new Uri(site.Address, "/settings").ToString());
        await Expect(page.Page).ToHaveURLAsync(new Uri(site.Address, "/login").ToString());
        foreach (var password in (string[])["not the password", EmptyState.AdminPassword])
        {
            if (password is EmptyState.AdminPassword)
            {
                await Expect(page.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("Неверное имя или пароль.");
                await Expect(page.Page.GetByLabel("Имя")).ToHaveValueAsync(EmptyState.Admin);
                await Expect(page.Page.GetByLabel("Пароль")).ToBeFocusedAsync();
                await Expect(page.Page.GetByLabel("Пароль")).ToHaveValueAsync("");
                await Expect(page.Page.GetByLabel("Пароль")).ToHaveAccessibleDescriptionAsync("Неверное имя или пароль.");
                await Expect(page.Page.GetByLabel("Пароль")).ToHaveAttributeAsync("aria-invalid", "true");
            }
            else
            {
                await Expect(page.Page.GetByLabel("Имя")).ToBeFocusedAsync();
                await page.Page.GetByLabel("Имя").FillAsync(EmptyState.Admin);
            }

            await page.Page.GetByLabel("Пароль").FillAsync(password);
            await page.Page.Keyboard.PressAsync("Enter");
        }

        await Expect(page.Page).ToHaveURLAsync(new Uri(site.Address, "/settings").ToString());
        await Expect(page.Page.Locator("h1")).ToHaveTextAsync("Ответы");
        await Expect(page.Page.GetByLabel("Модель", new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Session_ThatEndsMeanwhile_ChangesNothing_UntilTheNextLogin()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync();
        var second = new AdminPage(await page.Page.Context.NewPageAsync(), site.Address);
        await second.GoAsync("/settings#account");
        await page.Page.GetByLabel("Model", new() { Exact = true }).FillAsync("tiny-1");
        await second.ClickAsync("Log out");
        await Expect(second.Page).ToHaveURLAsync(site.Address.ToString());

        await page.ClickAsync("Save");

        await Expect(page.Page.GetByText("You are not logged in any more.")).ToBeVisibleAsync();
        await Expect(page.Page.GetByLabel("Model", new() { Exact = true })).ToHaveValueAsync("tiny-1");
        await using (var other = await site.OpenAsync())
        {
            (await other.StoredAsync("MODEL")).GetProperty("isStored").GetBoolean().ShouldBeFalse();
        }

        await second.LogInAsync();
        await page.SaveAsync();
        (await page.StoredAsync("MODEL")).GetProperty("isStored").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LogOut_OfASessionThatHasEnded_Leaves(bool isSaid)
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("account");
        var second = new AdminPage(await page.Page.Context.NewPageAsync(), site.Address);
        await second.GoAsync("/settings#account");
        await second.ClickAsync("Log out");
        await Expect(second.Page).ToHaveURLAsync(site.Address.ToString());
        if (isSaid)
        {
            await page.Page.RouteAsync("**/api/logout", route => route.FulfillAsync(new() { Status = StatusCodes.Status401Unauthorized, Body = """{"error":{"message":"who?","code":"invalid_api_key"}}""" }));
        }

        await page.ClickAsync("Log out");

        await Expect(page.Page).ToHaveURLAsync(site.Address.ToString());
    }

    [Fact]
    public async Task Admins_SeeWhatTheOtherHasChanged()
    {
        await using var site = new AdminSite(chat);
        await using var one = await site.OpenAsync();
        await using var other = await site.OpenAsync();
        await one.Page.GetByLabel("Model", new() { Exact = true }).FillAsync("tiny-1");
        await one.SaveAsync();

        // Saved together with it: what this one does not know of stays.
        await other.Page.GetByLabel("Name of the question in the address").FillAsync("q");
        await other.SaveAsync();
        await Expect(other.Page.GetByLabel("Model", new() { Exact = true })).ToHaveValueAsync("tiny-1");
    }

    [Fact]
    public async Task Admins_WhoChangeTheSame_ReplaceEachOtherOnlyKnowingly()
    {
        await using var site = new AdminSite(chat);
        await using var one = await site.OpenAsync();
        await using var other = await site.OpenAsync();
        await one.Page.Locator("#setting-MODEL").FillAsync("of-the-first");
        await other.Page.Locator("#setting-MODEL").FillAsync("of-the-second");
        await one.SaveAsync();

        await other.ClickAsync("Save");

        await Expect(other.Toast).ToContainTextAsync("somebody else has changed the same meanwhile");
        await Expect(other.Setting("MODEL")).ToContainTextAsync("Meanwhile somebody else has made it “of-the-first”.");
        await Expect(other.Page.Locator("#setting-MODEL")).ToHaveValueAsync("of-the-second");
        await Expect(other.Page.Locator("#setting-MODEL")).ToBeFocusedAsync();
        (await one.StoredAsync("MODEL")).GetProperty("value").GetString().ShouldBe("of-the-first");
        await other.SaveAsync();
        await Expect(other.Setting("MODEL")).Not.ToContainTextAsync("Meanwhile");
        (await one.StoredAsync("MODEL")).GetProperty("value").GetString().ShouldBe("of-the-second");
    }

    // On another port of the same host: the same site, to which browsers send all cookies.
    [Fact]
    public async Task PageOfSomebodyElse_ChangesNothing()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync();
        var target = site.Address.ToString();
        await using var elsewhere = await Replica.StartAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync(
                $"""
                <form method=post action='{target}save'><input name=model value=forged></form>
                <form method=post action='{target}api/settings' enctype='text/plain'><input name='{"{"}"MODEL":"forged","x":"' value='"{"}"}'></form>
                <form method=post action='{target}api/settings/import' enctype='text/plain'><input name=x value=y></form>
                """,
                context.RequestAborted);
        });
        var other = await page.Page.Context.NewPageAsync();
        for (var form = 0; form < 3; form++)
        {
            await other.GotoAsync(elsewhere.Address.ToString());
            var refused = await other.RunAndWaitForResponseAsync(
                () => other.EvaluateAsync($"document.forms[{form}].submit()"), response => response.Url.StartsWith(target, StringComparison.Ordinal));
            refused.Status.ShouldBeOneOf(400, 405, 415);
            await other.WaitForURLAsync(url => url.StartsWith(target, StringComparison.Ordinal));
        }

        await other.GotoAsync(elsewhere.Address.ToString());
        await other.EvaluateAsync(
            """
            async (target) => {
              const send = (path, options) => fetch(target + path, { credentials: 'include', ...options }).catch(() => {});
              await send('api/settings', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"MODEL":"forged"}' });
              await send('api/settings', { method: 'PUT', mode: 'no-cors', body: '{"MODEL":"forged"}' });
              await send('api/settings/providers/groq/keys', { method: 'POST', mode: 'no-cors', body: '{"key":"forged"}' });
            }
            """,
            target);

        (await page.StoredAsync("MODEL")).GetProperty("value").ValueKind.ShouldBe(JsonValueKind.Null);
        (await page.StoredAsync("GROQ_API_KEY")).GetProperty("isStored").GetBoolean().ShouldBeFalse();
    }
}
