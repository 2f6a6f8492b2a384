using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Users;

/// <summary>A browser or a program: it has cookies, an anti-forgery token and a token, as far as it was given them, and sends all of them.</summary>
internal sealed class Visitor : IDisposable
{
    private readonly HttpClient _client;

    public Visitor(LlmApiFactory api)
    {
        // Starts it.
        using var started = api.CreateClient();
        _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = started.BaseAddress };
    }

    public Dictionary<string, string> Cookies { get; init; } = [];

    public string? Antiforgery { get; set; }

    public string? Token { get; init; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<Visitor> LoggedInAsync(
        LlmApiFactory api, string name = EmptyState.Admin, string password = EmptyState.AdminPassword)
    {
        var visitor = new Visitor(api);
        using var response = await visitor.LoginAsync(name, password);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        return visitor;
    }

    /// <summary>The same browser, at another replica.</summary>
    public Visitor At(LlmApiFactory other) => new(other) { Cookies = new(Cookies), Antiforgery = Antiforgery, Token = Token };

    public async Task<HttpResponseMessage> LoginAsync(string name, string password)
    {
        var response = await SendAsync("POST", "/api/login", new JsonObject { ["username"] = name, ["password"] = password });
        if (response.IsSuccessStatusCode)
        {
            Antiforgery = (await response.JsonAsync()).Value("antiforgeryToken");
        }

        return response;
    }

    public Task<HttpResponseMessage> SendAsync(string method, string path, JsonObject? body = null, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), headers);

    public async Task<HttpResponseMessage> SendAsync(string method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = content };
        if (Cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        if (Antiforgery is not null)
        {
            request.Headers.Add("x-antiforgery-token", Antiforgery);
        }

        if (Token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var response = await _client.SendAsync(request, Cancelled);
        foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [])
        {
            var (name, value) = (cookie.Split('=')[0], cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..].Split(';')[0]);
            if (value.Length == 0)
            {
                Cookies.Remove(name);
            }
            else
            {
                Cookies[name] = value;
            }
        }

        return response;
    }

    public Task<HttpResponseMessage> PostFormAsync(string path, params (string Name, string Value)[] fields) => SendAsync(
        "POST", path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    /// <summary>Its reply's JSON, after making sure of its status.</summary>
    public async Task<JsonNode> JsonAsync(string method, string path, JsonObject? body = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await SendAsync(method, path, body);
        response.StatusCode.ShouldBe(status, await response.TextAsync());
        return await response.JsonAsync();
    }

    public async Task<HttpStatusCode> StatusAsync(string method, string path, JsonObject? body = null)
    {
        using var response = await SendAsync(method, path, body);
        return response.StatusCode;
    }

    /// <summary>A new user, made by this one.</summary>
    /// <returns>The user's id.</returns>
    public async Task<string> CreateUserAsync(string name, string? password = null, JsonObject? more = null)
    {
        var body = more ?? [];
        body["name"] = name;
        if (password is not null)
        {
            body["password"] = password;
        }

        return (await JsonAsync("POST", "/api/users", body, HttpStatusCode.Created)).Value("id").ShouldNotBeNull();
    }

    /// <summary>A new token of a user's, made by this one.</summary>
    public async Task<(string Token, string Id)> CreateTokenAsync(string userId)
    {
        var made = await JsonAsync("POST", $"/api/users/{userId}/tokens", [], HttpStatusCode.Created);
        return (made.Value("token").ShouldNotBeNull(), made.Value("id").ShouldNotBeNull());
    }

    public void Dispose() => _client.Dispose();
}
