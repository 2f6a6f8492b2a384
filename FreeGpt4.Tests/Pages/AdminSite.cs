using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;

namespace FreeGpt4.Tests.Pages;

/// <summary>A replica of a test's own, whose settings it may change, before the browser that all tests of pages share.</summary>
internal sealed class AdminSite : IAsyncDisposable
{
    private readonly ChatFixture _chat;
    private readonly LlmApiFactory _api;

    public AdminSite(ChatFixture chat, UpstreamServer? upstream = null, params (string Name, string Value)[] settings)
    {
        (_chat, _api) = (chat, new(upstream, settings: settings));
        using var client = _api.CreateClient();
        Address = client.BaseAddress!;
    }

    public Uri Address { get; }

    public HttpClient CreateClient() => _api.CreateClient();

    /// <summary>A page that is not there yet, of somebody whom nobody knows.</summary>
    /// <param name="edge">In place of the replica's own address.</param>
    public async Task<AdminPage> NewPageAsync(BrowserNewContextOptions? options = null, Uri? edge = null) =>
        new(await _chat.NewBrowserPageAsync(options ?? WatchedPage.Desktop), edge ?? Address);

    /// <summary>The settings, as an admin has them open.</summary>
    public async Task<AdminPage> OpenAsync(string section = "", BrowserNewContextOptions? options = null)
    {
        var page = await NewPageAsync(options);
        await page.LogInAsync();
        await page.GoAsync($"/settings#{section}");
        return page;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();
}
