using System.Net;
using System.Text.Json;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The settings of the cluster, as an admin changes them in a browser.</summary>
[Collection(ChatFixture.Name)]
public sealed class SettingsTests(ChatFixture chat)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Settings_Changed_AreStoredTogether_AndGoBackToTheEnvironment()
    {
        await using var site = new AdminSite(chat, settings: ("MODEL", "of-the-environment"));
        await using var page = await site.OpenAsync();
        var (model, sources) = (page.Setting("MODEL"), page.Setting("REMOVE_SOURCES"));
        await Expect(model).ToContainTextAsync("From the environment");
        await Expect(sources).ToContainTextAsync("Default");

        await page.Page.GetByLabel("Model", new() { Exact = true }).FillAsync("tiny-1");
        await page.Page.GetByLabel("Leave out notes of sources", new() { Exact = true }).UncheckAsync();
        await page.Page.GetByLabel("Instructions (system prompt)", new() { Exact = true }).FillAsync("Be brief.\nBe kind.");
        await Expect(page.Page.Locator("#changes")).ToContainTextAsync("3 changes are not saved");
        (await page.StoredAsync("MODEL")).GetProperty("value").GetString().ShouldBe("of-the-environment");
        await page.SaveAsync();

        await page.ReloadAsync();
        await Expect(page.Page.GetByLabel("Model", new() { Exact = true })).ToHaveValueAsync("tiny-1");
        await Expect(page.Page.GetByLabel("Instructions (system prompt)", new() { Exact = true })).ToHaveValueAsync("Be brief.\nBe kind.");
        await Expect(page.Page.GetByLabel("Leave out notes of sources", new() { Exact = true })).Not.ToBeCheckedAsync();
        await Expect(model).ToContainTextAsync("Stored");
        await Expect(model).ToContainTextAsync("admin, ");
        await model.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.Page.GetByLabel("Model", new() { Exact = true })).ToHaveValueAsync("of-the-environment");
        await page.SaveAsync();
        await Expect(model).ToContainTextAsync("From the environment");
        (await page.StoredAsync("MODEL")).GetProperty("isStored").GetBoolean().ShouldBeFalse();
        (await page.StoredAsync("REMOVE_SOURCES")).GetProperty("value").GetString().ShouldBe("false");
    }

    [Fact]
    public async Task Setting_ThatIsNotPossible_IsNotStored_AndSaysWhy()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("order");
        var timeout = page.Setting("FALLBACK_TIMEOUT");
        await timeout.Locator("input").FillAsync("for ever");
        await page.ChooseAsync("Answers");
        await page.Page.GetByLabel("Model", new() { Exact = true }).FillAsync("tiny-1");
        await page.ChooseAsync("Who answers");
        await Expect(timeout.Locator("input")).ToHaveValueAsync("for ever");

        await page.ClickAsync("Save");
        await Expect(page.Toast).ToHaveTextAsync("Nothing was saved: some values are not possible.");
        await Expect(timeout).ToContainTextAsync("Not possible: FALLBACK_TIMEOUT");
        await Expect(timeout.Locator("input")).ToBeFocusedAsync();
        (await page.StoredAsync("MODEL")).GetProperty("isStored").GetBoolean().ShouldBeFalse();

        await page.ClickAsync("Discard");
        await Expect(timeout.Locator("input")).ToHaveValueAsync("9m");
        await Expect(timeout).Not.ToContainTextAsync("Not possible");
        await Expect(page.Page.Locator("#changes")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Save_ThatFailsForAnotherReason_BlamesNoSetting()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync();
        await page.Page.Locator("#setting-MODEL").FillAsync("tiny-1");
        await page.Page.RouteAsync("**/api/settings", route => route.FulfillAsync(new()
        {
            Status = StatusCodes.Status503ServiceUnavailable,
            ContentType = "application/json",
            Body = """{"error":{"message":"MODEL is what nobody can store now.","code":"state_unavailable"}}""",
        }));

        await page.ClickAsync("Save");

        await Expect(page.Toast).ToContainTextAsync("nobody can store now");
        await Expect(page.Page.Locator("[aria-invalid=true]")).ToHaveCountAsync(0);
        await Expect(page.Setting("MODEL")).Not.ToContainTextAsync("Not possible");
        await page.ClickAsync("Close");
        await Expect(page.Toast).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Enter_InALine_SavesIt_AndInATextBeginsALine()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync();
        var (model, prompt) = (page.Page.Locator("#setting-MODEL"), page.Page.Locator("#setting-SYSTEM_PROMPT"));
        await prompt.FillAsync("Be brief.");
        await prompt.PressAsync("Enter");
        await Expect(prompt).ToHaveValueAsync("Be brief.\n");
        await Expect(page.Page.Locator("#changes")).ToBeVisibleAsync();

        await model.FillAsync("tiny-1");
        await model.PressAsync("Enter");

        await Expect(page.Toast).ToHaveTextAsync("Saved. All replicas have it within a second.");
        await Expect(model).ToBeFocusedAsync();
        (await page.StoredAsync("MODEL")).GetProperty("value").GetString().ShouldBe("tiny-1");
    }

    [Theory]
    [InlineData("en-US", "Back to “No”", "Any text of up to 65,536 characters.")]
    [InlineData("ru-RU", "Вернуть «Нет»", "Любой текст, не длиннее 65 536 знаков.")]
    public async Task Setting_SaysInWordsOfThePage_WhatItWasAndWhatItMayBe(string locale, string back, string allowed)
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync(options: new(WatchedPage.Desktop) { Locale = locale });
        await page.Page.Locator("#setting-HISTORY").CheckAsync();
        await page.Page.Locator("#save").ClickAsync();

        await Expect(page.Setting("HISTORY").GetByRole(AriaRole.Button)).ToHaveTextAsync(back);
        (await page.Page.Locator("#setting-SYSTEM_PROMPT-allowed").InnerTextAsync()).Replace('\u00a0', ' ').ShouldBe(allowed);
        await Expect(page.Page.Locator("#setting-SYSTEM_PROMPT")).ToHaveAttributeAsync("maxlength", "65536");
    }

    [Fact]
    public async Task Keys_AreTestedAddedAndRemoved_AndNeverShown()
    {
        const string Right = "gsk_right-nobody-may-see-1234";
        const string Wrong = "gsk_wrong-nobody-may-see-5678";
        await using var upstream = await UpstreamServer.StartAsync(context => context.Request.Headers.Authorization == $"Bearer {Right}"
            ? Json("answer-complete.json")(context)
            : Status(StatusCodes.Status401Unauthorized, """{"error":{"message":"no such key"}}""")(context));
        await using var site = new AdminSite(chat, settings: ("GROQ_BASE_URL", upstream.BaseUrl));
        await using var page = await site.OpenAsync("providers");
        var groq = page.Page.Locator("details.provider", new() { HasText = "Groq" });
        await groq.Locator("summary").First.ClickAsync();
        var key = page.Page.GetByLabel("New key of Groq");

        await key.FillAsync(Wrong);
        await page.ClickAsync("Test this key");
        await Expect(groq.Locator(".outcome")).ToContainTextAsync("Groq refuses the key");
        await key.FillAsync(Right);
        await page.ClickAsync("Test this key");
        await Expect(groq.Locator(".outcome")).ToContainTextAsync("Groq answered: it works. llama-3.3-70b-versatile");
        (await page.StoredAsync("GROQ_API_KEY")).GetProperty("isStored").GetBoolean().ShouldBeFalse("A test stores nothing.");

        await page.ClickAsync("Add the key");
        await Expect(groq.Locator("summary").First).ToContainTextAsync("1 key");
        await key.FillAsync(Wrong);
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(groq.Locator("summary").First).ToContainTextAsync("2 keys");
        await Expect(groq.Locator(".key-list li")).ToContainTextAsync(["…1234", "…5678"]);
        await page.ClickAsync("Test Groq");
        await Expect(groq.Locator(".outcome")).ToContainTextAsync("it works");
        upstream.Chats[^1].Headers["Authorization"].ShouldBe($"Bearer {Right}");

        await page.ReloadAsync();
        (await page.Page.ContentAsync()).ShouldNotContain("nobody-may-see");
        await groq.Locator("summary").First.ClickAsync();
        await page.ClickAsync("Remove the key …5678");
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Remove the key" }).ClickAsync();
        await Expect(groq.Locator(".key-list li")).ToHaveCountAsync(1);
        var secret = (await page.StoredAsync("GROQ_API_KEY")).GetProperty("secret");
        secret.GetProperty("hints").EnumerateArray().Select(hint => hint.GetString()).ShouldBe(["…1234"]);
    }

    [Fact]
    public async Task Order_ByKeysMouseAndFinger_IsSaved()
    {
        await using var site = new AdminSite(chat, settings: ("FALLBACK_PROVIDERS", "Groq,Mistral,Cerebras"));
        await using var page = await site.OpenAsync("order", WatchedPage.Phone);
        var names = page.Page.Locator(".providers-order .order-name");
        await Expect(names).ToHaveTextAsync(["Groq", "Mistral", "Cerebras"]);

        await page.Page.Locator(".grip").First.FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(names).ToHaveTextAsync(["Mistral", "Groq", "Cerebras"]);
        await Expect(page.Page.Locator("#announcement")).ToHaveTextAsync("Groq: position 2 of 3.");
        await page.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(names).ToHaveTextAsync(["Mistral", "Cerebras", "Groq"]);
        await Expect(page.Page.Locator(".grip").Last).ToBeFocusedAsync();
        await page.ClickAsync("Move Cerebras up");
        await Expect(names).ToHaveTextAsync(["Cerebras", "Mistral", "Groq"]);

        await DragAsync(page.Page, from: 2, to: 0, byFinger: false);
        await Expect(names).ToHaveTextAsync(["Groq", "Cerebras", "Mistral"]);
        await DragAsync(page.Page, from: 0, to: 1, byFinger: true);
        await Expect(names).ToHaveTextAsync(["Cerebras", "Groq", "Mistral"]);

        await page.ClickAsync("Take Groq out");
        await page.ClickAsync("Add OpenRouter");
        await Expect(names).ToHaveTextAsync(["Cerebras", "Mistral", "OpenRouter"]);
        await page.Page.GetByLabel("Asked first").SelectOptionAsync("Mistral");
        await page.SaveAsync();
        (await page.StoredAsync("FALLBACK_PROVIDERS")).GetProperty("value").GetString().ShouldBe("Cerebras,Mistral,OpenRouter");
        (await page.StoredAsync("PROVIDER")).GetProperty("value").GetString().ShouldBe("Mistral");

        await page.ClickAsync("Back to automatic");
        await Expect(page.Main).ToContainTextAsync("Automatic: all that are set up");
        await page.SaveAsync();
        (await page.StoredAsync("FALLBACK_PROVIDERS")).GetProperty("value").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Change_BeyondWhatTheEdgeLetsThrough_WaitsAndIsDone(bool isNginx)
    {
        await using var site = new AdminSite(chat);
        EdgeProgram program = isNginx ? new NginxProgram() : new ProxyProgram();
        await using var edge = await program.StartAsync(site.Address, ("RATE_LIMIT_SETTINGS", "6r/m"), ("RATE_LIMIT_SETTINGS_BURST", "5"));
        await using var page = await site.NewPageAsync(edge: edge.Client.BaseAddress);
        await page.LogInAsync();
        await page.GoAsync("/settings");

        await page.Page.GetByLabel("Model", new() { Exact = true }).FillAsync("tiny-1");
        await UseUpAsync(edge.Client);
        await page.ClickAsync("Save");
        await Expect(page.Toast).ToContainTextAsync("This one follows in");
        await Expect(page.Toast).ToHaveTextAsync("Saved. All replicas have it within a second.");

        (await page.StoredAsync("MODEL")).GetProperty("value").GetString().ShouldBe("tiny-1");
    }

    // Here, and not by what the page needs to load, which is more when the browser has to load it again.
    private static async Task UseUpAsync(HttpClient edge)
    {
        while (true)
        {
            using var response = await edge.GetAsync("/login", Cancelled);
            if (response.StatusCode is HttpStatusCode.TooManyRequests)
            {
                return;
            }
        }
    }

    // As a hand does it: in steps.
    private static async Task DragAsync(IPage page, int from, int to, bool byFinger)
    {
        var rows = page.Locator(".providers-order li");
        await rows.Nth(from).ScrollIntoViewIfNeededAsync();
        var grip = (await rows.Nth(from).Locator(".grip").BoundingBoxAsync()).ShouldNotBeNull();
        var target = (await rows.Nth(to).BoundingBoxAsync()).ShouldNotBeNull();
        var (x, start) = (grip.X + grip.Width / 2, grip.Y + grip.Height / 2);
        var end = target.Y + (to < from ? target.Height / 4 : target.Height * 3 / 4);
        const int Steps = 8;
        var way = Enumerable.Range(1, Steps).Select(step => start + (end - start) * step / Steps);
        if (!byFinger)
        {
            await page.Mouse.MoveAsync(x, start);
            await page.Mouse.DownAsync();
            foreach (var y in way)
            {
                await page.Mouse.MoveAsync(x, y);
            }

            await page.Mouse.UpAsync();
            return;
        }

        var devTools = await page.Context.NewCDPSessionAsync(page);
        await TouchAsync("touchStart", start);
        foreach (var y in way)
        {
            await TouchAsync("touchMove", y);
        }

        await devTools.SendAsync("Input.dispatchTouchEvent", new() { ["type"] = "touchEnd", ["touchPoints"] = Array.Empty<object>() });

        Task TouchAsync(string type, float y) =>
            devTools.SendAsync("Input.dispatchTouchEvent", new() { ["type"] = type, ["touchPoints"] = new[] { new { x, y } } });
    }
}
