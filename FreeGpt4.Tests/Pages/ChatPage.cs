using System.Collections.Concurrent;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The chat as somebody has it open. At its end nothing may have gone wrong in it that a test does not say.</summary>
internal sealed class ChatPage : IAsyncDisposable
{
    // The browser drops what it loads when an interface of the machine comes or goes, as those of containers in other tests do.
    private const string NetworkChanged = "net::ERR_NETWORK_CHANGED";
    private const int MostLoads = 5;

    private readonly ConcurrentQueue<string> _problems = [];
    private readonly ConcurrentQueue<string> _elsewhere = [];
    private readonly Uri _address;
    private string? _lost;

    public ChatPage(IPage page, Uri address)
    {
        (Page, _address) = (page, address);
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

    public ILocator Question => Page.Locator("#question");

    public ILocator Questions => Page.Locator(".message.question");

    public ILocator Answers => Page.Locator(".message.answer");

    public ILocator LastAnswer => Answers.Last;

    public ILocator Conversations => Page.Locator(".conversations li a");

    public ILocator Notice => Page.GetByRole(AriaRole.Alert);

    /// <summary>Addresses that the page asked besides its own.</summary>
    public IReadOnlyCollection<string> Elsewhere => _elsewhere;

    public Task GoAsync(string path = "/") => LoadAsync(() => Page.GotoAsync(new Uri(_address, path).ToString()));

    public Task ReloadAsync() => LoadAsync(() => Page.ReloadAsync());

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

    public Task ClickAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).Last.ClickAsync();

    /// <summary>The menu of the conversation that was changed last.</summary>
    public async Task ChooseAsync(string entry)
    {
        await Page.Locator(".conversations li button").First.ClickAsync();
        await Page.GetByRole(AriaRole.Menuitem, new() { Name = entry }).ClickAsync();
    }

    /// <summary>Has an asset not come, until <see cref="IPage.UnrouteAllAsync"/>. That it does not is no problem of the page.</summary>
    public Task LoseAsync(string asset)
    {
        _lost = asset;
        return Page.RouteAsync($"**/{asset}", route => route.AbortAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        _problems.Where(problem => _lost is null || !problem.EndsWith(_lost, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private async Task LoadAsync(Func<Task> load)
    {
        await load();
        for (var loads = 1; loads < MostLoads && _problems.Any(problem => problem.StartsWith(NetworkChanged, StringComparison.Ordinal)); loads++)
        {
            _problems.Clear();
            await load();
        }

        await ReadyAsync();
    }

    private async Task ReadyAsync()
    {
        try
        {
            await Expect(Page.Locator(".conversations > *").First).ToBeAttachedAsync();
        }
        catch (PlaywrightException e)
        {
            throw new InvalidOperationException($"The page does not begin: {string.Join("; ", _problems)}", e);
        }
    }
}
