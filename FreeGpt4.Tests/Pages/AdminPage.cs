using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The settings or the status as somebody has them open.</summary>
internal sealed class AdminPage(IPage page, Uri address) : WatchedPage(page, address)
{
    public ILocator Main => Page.Locator("main");

    public ILocator Toast => Page.Locator(".toast");

    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog).Last;

    protected override ILocator Ready => Page.Locator("body.ready");

    /// <summary>By the list of sections, as somebody does who is on the page.</summary>
    public async Task ChooseAsync(string section)
    {
        await Page.Locator("#sections").GetByRole(AriaRole.Link, new() { Name = section, Exact = true }).ClickAsync();
        await Expect(Page.Locator("h1")).ToHaveTextAsync(section);
    }

    public ILocator Setting(string name) => Page.Locator($".setting:has(#setting-{name})");

    /// <summary>Saves what was changed, and waits until it is.</summary>
    public async Task SaveAsync()
    {
        await ClickAsync("Save");
        await Expect(Toast).ToHaveTextAsync("Saved. All replicas have it within a second.");
        await Expect(Page.Locator("#changes")).ToBeHiddenAsync();
    }

    /// <summary>What the API says to whoever is logged in here.</summary>
    public async Task<JsonElement> ReadAsync(string path)
    {
        var response = await Page.Context.APIRequest.GetAsync(new Uri(Address, path).ToString(), new() { Headers = [new("accept", "application/json")] });
        response.Ok.ShouldBeTrue(await response.TextAsync());
        return (await response.JsonAsync()).ShouldNotBeNull();
    }

    /// <summary>A setting as the API tells it.</summary>
    public async Task<JsonElement> StoredAsync(string name) =>
        (await ReadAsync("/api/settings")).GetProperty("settings").EnumerateArray().Single(setting => setting.GetProperty("name").GetString() == name);
}
