using Microsoft.Playwright;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>The Chromium of this machine, headless. Without one the test is skipped.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly float LimitInMilliseconds = (float)Patience.Limit.TotalMilliseconds;

    // The first has no windows, which cost more than the pages in them.
    private static readonly string[] Names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser, IPage page)
    {
        _playwright = playwright;
        _browser = browser;
        Page = page;
    }

    public IPage Page { get; }

    /// <summary>A page as of another person: nothing of what the others know, neither cookies nor storage.</summary>
    public async Task<IPage> NewPageAsync(BrowserNewContextOptions options)
    {
        var context = await _browser.NewContextAsync(options);
        context.SetDefaultTimeout(LimitInMilliseconds);
        return await context.NewPageAsync();
    }

    public static async Task<Browser> StartAsync()
    {
        var program = Find();
        Assert.SkipWhen(program is null, $"No browser: none of {string.Join(", ", Names)} is on the PATH.");

        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Timeout = LimitInMilliseconds });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1500, Height = 800 } });
        page.SetDefaultTimeout(LimitInMilliseconds);
        Assertions.SetDefaultExpectTimeout(LimitInMilliseconds);
        return new(playwright, browser, page);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}
