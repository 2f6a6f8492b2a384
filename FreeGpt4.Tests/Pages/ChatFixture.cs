using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;

namespace FreeGpt4.Tests.Pages;

/// <summary>A replica as it is built, behind the edge, and a browser before it; the model that answers does what a test says.</summary>
[CollectionDefinition(Name)]
public sealed class ChatFixture : IAsyncLifetime, ICollectionFixture<ChatFixture>
{
    public const string Name = "Chat";

    // Only what a person does, and all from one address.
    private static readonly (string Name, string Value)[] EdgeSettings = [("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", "off")];

    private readonly TemporaryFolder _folder = new();
    private ServiceProcess? _api;
    private RunningEdge? _edge;
    private Browser? _browser;

    internal ChatModel Model { get; private set; } = null!;

    /// <summary>Of the replica, without the edge.</summary>
    internal Uri Api { get; private set; } = null!;

    internal Uri Address => _edge!.Client.BaseAddress!;

    internal HttpClient Client => _edge!.Client;

    public async ValueTask InitializeAsync()
    {
        Model = await ChatModel.StartAsync();
        _api = ServiceProcess.Start(
            "FreeGpt4.LlmApi",
            ("ASPNETCORE_ENVIRONMENT", "Production"),
            ("ASPNETCORE_URLS", "http://127.0.0.1:0"),
            ("DATA_DIR", EmptyState.CopyTo(Path.Combine(_folder.Path, "data"))),
            ("CUSTOM_BASE_URL", Model.BaseUrl),
            ("FALLBACK_PROVIDERS", "Custom"));
        Api = await _api.AddressAsync();
        _edge = await new ProxyProgram().StartAsync(Api, EdgeSettings);
    }

    /// <param name="address">Of another edge or replica.</param>
    internal async Task<ChatPage> OpenAsync(BrowserNewContextOptions? options = null, Uri? address = null)
    {
        var page = await NewPageAsync(options, address);
        await page.GoAsync();
        return page;
    }

    /// <summary>One that is not there yet.</summary>
    internal async Task<ChatPage> NewPageAsync(BrowserNewContextOptions? options = null, Uri? address = null)
        => new(await NewBrowserPageAsync(options ?? WatchedPage.Desktop), address ?? Address);

    /// <summary>An empty page, of somebody whom nobody knows.</summary>
    internal async Task<IPage> NewBrowserPageAsync(BrowserNewContextOptions options)
    {
        _browser ??= await Browser.StartAsync();
        return await _browser.NewPageAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? default);
        await (_edge?.DisposeAsync() ?? default);
        await (_api?.DisposeAsync() ?? default);
        await Model.DisposeAsync();
        _folder.Dispose();
    }
}
