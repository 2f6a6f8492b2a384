using System.Collections.Concurrent;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>A page of the cluster as somebody has it open. At its end nothing may have gone wrong in it that a test does not say.</summary>
internal abstract class WatchedPage : IAsyncDisposable
{
    // The browser drops what it loads when an interface of the machine comes or goes, as those of containers in other tests do.
    private const string NetworkChanged = "net::ERR_NETWORK_CHANGED";
    private const int MostLoads = 5;

    private readonly ConcurrentQueue<string> _problems = [];
    private readonly ConcurrentQueue<string> _elsewhere = [];
    private string? _lost;

    protected WatchedPage(IPage page, Uri address)
    {
        (Page, Address) = (page, address);
        page.PageError += (_, error) => _problems.Enqueue(error);
        page.Console += (_, message) =>
        {
            // That an answer has the status of an error is for the page to deal with.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _problems.Enqueue(message.Text);
            }
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400 && response.Url.Contains("/assets/", StringComparison.Ordinal))
            {
                _problems.Enqueue($"{response.Status} for {response.Url}");
            }
        };
        page.RequestFailed += (_, request) =>
        {
            if (request.Url.Contains("/assets/", StringComparison.Ordinal))
            {
                _problems.Enqueue($"{request.Failure} for {request.Url}");
            }
        };
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: "http" or "https" } asked && asked.Authority != address.Authority)
            {
                _elsewhere.Enqueue(request.Url);
            }
        };
    }

    public static BrowserNewContextOptions Desktop => new() { ViewportSize = new() { Width = 1280, Height = 800 }, Locale = "en-US" };

    public static BrowserNewContextOptions Phone => new()
    {
        ViewportSize = new() { Width = 390, Height = 844 },
        Locale = "en-US",
        IsMobile = true,
        HasTouch = true,
        DeviceScaleFactor = 2,
    };

    public IPage Page { get; }

    public Uri Address { get; }

    /// <summary>Addresses that the page asked besides its own.</summary>
    public IReadOnlyCollection<string> Elsewhere => _elsewhere;

    /// <summary>Is there when the page has begun.</summary>
    protected abstract ILocator Ready { get; }

    /// <summary>Logs in as a program would; the browser keeps the session.</summary>
    public async Task LogInAsync(string name = EmptyState.Admin, string password = EmptyState.AdminPassword)
    {
        var response = await Page.Context.APIRequest.PostAsync(new Uri(Address, "/api/login").ToString(), new() { DataObject = new { username = name, password } });
        response.Ok.ShouldBeTrue(await response.TextAsync());
    }

    public Task GoAsync(string path) => LoadAsync(() => Page.GotoAsync(new Uri(Address, path).ToString()));

    public Task ReloadAsync() => LoadAsync(() => Page.ReloadAsync());

    public Task ClickAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).Last.ClickAsync();

    /// <summary>Has an asset not come, until <see cref="IPage.UnrouteAllAsync"/>. That it does not is no problem of the page.</summary>
    public Task LoseAsync(string asset)
    {
        _lost = asset;
        return Page.RouteAsync($"**/{asset}", route => route.AbortAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        _problems.Where(problem => !problem.StartsWith(NetworkChanged, StringComparison.Ordinal) && (_lost is null || !problem.EndsWith(_lost, StringComparison.Ordinal))).ShouldBeEmpty();
    }

    private async Task LoadAsync(Func<Task> load)
    {
        await load();
        for (var loads = 1; loads < MostLoads && _problems.Any(problem => problem.StartsWith(NetworkChanged, StringComparison.Ordinal)); loads++)
        {
            // To go to the same address with a fragment would load nothing.
            _problems.Clear();
            await Page.ReloadAsync();
        }

        await ReadyAsync();
    }

    private async Task ReadyAsync()
    {
        try
        {
            await Expect(Ready).ToBeAttachedAsync();
        }
        catch (PlaywrightException e)
        {
            throw new InvalidOperationException($"The page does not begin: {string.Join("; ", _problems)}", e);
        }
    }
}
