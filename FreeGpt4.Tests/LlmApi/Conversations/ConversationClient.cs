using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Conversations;

/// <summary>A browser that keeps its cookies and asks as our page does, or a user's program.</summary>
internal sealed class ConversationClient : IDisposable
{
    public const string Route = "/api/conversations";

    private const string UserHeader = "x-test-user";

    private readonly HttpClient _client;
    private readonly CookieContainer _cookies;

    private ConversationClient(LlmApiFactory api, HttpClientHandler handler)
    {
        _cookies = handler.CookieContainer;
        _client = new(handler) { BaseAddress = AddressOf(api) };
        _client.DefaultRequestHeaders.Add("x-freegpt4-csrf", "1");
    }

    public HttpRequestHeaders Headers => _client.DefaultRequestHeaders;

    /// <summary>For the API of a test that has users: who asks stands in a header.</summary>
    public static void KnowUsers(IServiceCollection services) => services.AddSingleton<IStartupFilter, UserInHeader>();

    /// <summary>A browser that has been on our page, and so has its cookie.</summary>
    public static async Task<ConversationClient> BrowserAsync(LlmApiFactory api)
    {
        var browser = NewBrowser(api);
        (await browser.ListAsync()).Count.ShouldBe(0);
        return browser;
    }

    public static ConversationClient NewBrowser(LlmApiFactory api) => new(api, new HttpClientHandler { CookieContainer = new CookieContainer() });

    /// <summary>The same browser, at another replica.</summary>
    public ConversationClient At(LlmApiFactory other) => new(other, new HttpClientHandler { CookieContainer = _cookies });

    public static ConversationClient User(LlmApiFactory api, Guid user)
    {
        var client = new ConversationClient(api, new HttpClientHandler { UseCookies = false });
        client.Headers.Remove("x-freegpt4-csrf");
        client.Headers.Add(UserHeader, $"{user}");
        return client;
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonNode? body = null) => SendAsync(
        method, path, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, Path.Combine(Route, path).TrimEnd('/')) { Content = content };
        return await _client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <returns>The reply's JSON, after making sure of the status.</returns>
    public async Task<JsonNode> AskAsync(HttpMethod method, string path, JsonNode? body = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await SendAsync(method, path, body);
        response.StatusCode.ShouldBe(status, await response.TextAsync());
        response.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
        return await response.JsonAsync();
    }

    /// <summary>Makes a conversation.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateAsync(string title, params IEnumerable<JsonNode> messages)
    {
        var made = await AskAsync(
            HttpMethod.Post, "", new JsonObject { ["title"] = title, ["messages"] = new JsonArray([.. messages]) }, HttpStatusCode.Created);
        return made.Value("id").ShouldNotBeNull();
    }

    public async Task<JsonArray> ListAsync(string query = "") => (await AskAsync(HttpMethod.Get, query))["data"].ShouldNotBeNull().AsArray();

    public static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    public static JsonObject With(params IEnumerable<JsonNode> messages) => new() { ["messages"] = new JsonArray([.. messages]) };

    public static Uri AddressOf(LlmApiFactory api)
    {
        using var client = api.CreateClient();
        return client.BaseAddress.ShouldNotBeNull();
    }

    public void Dispose() => _client.Dispose();

    private sealed class UserInHeader : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                if (Guid.TryParse(context.Request.Headers[UserHeader], out var user))
                {
                    context.Features.Set(new Caller(user, "somebody", Role.User) { History = true });
                }

                return following(context);
            });
            next(app);
        };
    }
}
