using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi;
using FreeGpt4.Tests.LlmApi.Users;

namespace FreeGpt4.Tests.Pages;

/// <summary>Pages and what they are made of, over HTTP.</summary>
public sealed partial class PageTests(PageTests.Site site) : IClassFixture<PageTests.Site>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Root_WithoutAQuestion_IsThePageForBrowsersOnly()
    {
        using var page = await GetAsync("/");
        using var program = await GetAsync("/", ("Accept", "*/*"));
        using var question = await GetAsync("/?text=");
        using var head = await SendAsync(HttpMethod.Head, "/");
        using var elsewhere = await GetAsync("/", ("Host", "attacker.example"));

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.ContentType().ShouldBe("text/html; charset=utf-8");
        page.Header("x-request-id").ShouldNotBeEmpty();
        program.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await program.TextAsync()).ShouldStartWith("Please enter a question");
        question.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        head.Content.Headers.ContentLength.ShouldBe(page.Content.Headers.ContentLength);
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/login")]
    [InlineData("/settings")]
    [InlineData("/status")]
    public async Task Page_HasNoInlineScriptOrStyle_AndAPolicyThatForbidsThem(string path)
    {
        using var page = await GetAsync(path);
        var html = await page.TextAsync();

        var policy = page.Header("Content-Security-Policy").Split("; ");
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("script-src 'self'");
        policy.ShouldContain("style-src 'self'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldContain("form-action 'self'");
        policy.ShouldNotContain(rule => rule.Contains("unsafe"));
        page.Header("X-Content-Type-Options").ShouldBe("nosniff");
        html.ShouldNotContain("{{");
        InlineScript().Matches(html).ShouldBeEmpty();
        InlineStyle().Matches(html).ShouldBeEmpty();

        // Nothing comes from elsewhere.
        Links().Matches(html).Select(link => link.Groups[1].Value).ShouldAllBe(link => link.StartsWith('/') || link.StartsWith('#'));
    }

    [Fact]
    public async Task Settings_AndStatus_ArePagesForBrowsersOnly()
    {
        using var stranger = await site.Client.SendAsync(new(HttpMethod.Get, "/settings") { Headers = { Accept = { MediaTypeWithQualityHeaderValue.Parse("text/html") } } }, Cancelled);
        using var settings = await GetAsync("/settings");
        using var text = await GetAsync("/settings", ("Accept", "*/*"));
        using var status = await GetAsync("/status");
        using var json = await GetAsync("/status", ("Accept", "*/*"));

        stranger.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        settings.ContentType().ShouldBe("text/html; charset=utf-8");
        settings.Header("Cache-Control").ShouldBe("no-store");
        (await text.TextAsync()).ShouldStartWith("You are admin.");
        status.ContentType().ShouldBe("text/html; charset=utf-8");
        json.ContentType().ShouldStartWith("application/json");
        json.Header("Vary").ShouldBe("Accept");
    }

    // Where a setting has no words of its own its name would stand there.
    [Fact]
    public async Task Settings_ThatCanBeStored_HaveAName()
    {
        var strings = PageFileTests.Strings("en");
        var settings = (await (await site.AdminAsync()).JsonAsync("GET", "/api/settings"))["settings"]!.AsArray();
        var general = settings.Where(setting => setting.Value("provider") is null).Select(setting => setting.Value("name")!);

        general.Where(name => !strings.ContainsKey($"setting.{name.ToLowerInvariant()}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, null, "en")]
    [InlineData("ru", null, "ru")]
    [InlineData("de, ru-RU;q=0.5, en;q=0.4", null, "ru")]
    [InlineData("fr, *", null, "en")]
    [InlineData("ru;q=0, en", null, "en")]
    [InlineData("ru", "freegpt4-language=en", "en")]
    [InlineData("ru", "freegpt4-language=../../x", "ru")]
    public async Task Page_IsInTheLanguageOfWhoAsks(string? accepted, string? cookie, string language)
    {
        using var page = await GetAsync("/", ("Accept-Language", accepted), ("Cookie", cookie));

        (await page.TextAsync()).ShouldContain($"<html lang=\"{language}\" data-theme=\"auto\" data-session=\"none\">");
        page.Headers.Vary.ShouldBe(["Accept", "Accept-Encoding", "Accept-Language", "Cookie"]);
    }

    [Fact]
    public async Task Page_KnownAlready_IsNotSentAgain()
    {
        using var plain = await GetAsync("/");
        using var compressed = await GetAsync("/", ("Accept-Encoding", "gzip, br"));
        using var other = await GetAsync("/", ("Cookie", "freegpt4-theme=dark"));
        var tag = plain.Header("ETag");
        using var known = await GetAsync("/", ("If-None-Match", tag));

        plain.Header("Cache-Control").ShouldBe("no-cache");
        compressed.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        compressed.Content.Headers.ContentLength!.Value.ShouldBeLessThan(plain.Content.Headers.ContentLength!.Value / 2);
        other.Header("ETag").ShouldNotBe(tag);
        (await other.TextAsync()).ShouldContain("data-theme=\"dark\"");
        known.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Asset_OfThisVersion_IsKeptForGood_AndOfAnotherNot()
    {
        using var page = await GetAsync("/");
        var address = Links().Matches(await page.TextAsync()).Select(link => link.Groups[1].Value).Single(link => link.EndsWith("chat/chat.css", StringComparison.Ordinal));
        var hash = address.Split('/')[2];
        var old = address.Replace(hash, new string('0', hash.Length));

        using var plain = await GetAsync(address);
        using var compressed = await GetAsync(address, ("Accept-Encoding", "gzip"));
        using var known = await GetAsync(address, ("If-None-Match", plain.Header("ETag")));
        using var other = await GetAsync(old);
        using var missing = await GetAsync(address.Replace("chat.css", "none.css"));
        using var outside = await GetAsync($"/assets/{hash}/../../appsettings.json");

        plain.StatusCode.ShouldBe(HttpStatusCode.OK);
        plain.ContentType().ShouldStartWith("text/css");
        plain.Header("Cache-Control").ShouldBe("public, max-age=31536000, immutable");
        compressed.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        compressed.Header("Vary").ShouldBe("Accept-Encoding");
        compressed.Header("Cache-Control").ShouldBe("public, max-age=31536000, immutable");
        known.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
        other.Header("Cache-Control").ShouldBe("no-cache");
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        missing.Header("Cache-Control").ShouldBe("no-cache");
        outside.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    // Each names what it needs; nothing of it may be missing, nor be on another server.
    [Theory]
    [InlineData("/", "chat/chat.js", 20)]
    [InlineData("/settings", "settings/settings.js", 15)]
    [InlineData("/status", "status/status.js", 8)]
    public async Task Modules_FindAllThatTheyImport_AndThePageNamesThoseOfTheFirstView(string path, string first, int atLeast)
    {
        using var page = await GetAsync(path);
        var html = await page.TextAsync();
        var entry = Links().Matches(html).Select(link => link.Groups[1].Value).Last(link => link.EndsWith(first, StringComparison.Ordinal));
        var (waiting, seen) = (new Stack<string>([entry]), new HashSet<string>([entry]));
        while (waiting.TryPop(out var module))
        {
            html.ShouldContain($"<link rel=\"modulepreload\" href=\"{module}\">");
            using var script = await GetAsync(module);
            script.StatusCode.ShouldBe(HttpStatusCode.OK, module);
            script.ContentType().ShouldStartWith("text/javascript");
            foreach (Match import in Imports().Matches(await script.TextAsync()))
            {
                var target = new Uri(new Uri(site.Client.BaseAddress!, module), import.Groups[2].Value).AbsolutePath;
                if (import.Groups[1].Value == "import(")
                {
                    using var later = await GetAsync(target);
                    later.StatusCode.ShouldBe(HttpStatusCode.OK, $"{module} imports {import.Groups[2].Value}");
                }
                else if (seen.Add(target))
                {
                    waiting.Push(target);
                }
            }
        }

        seen.Count.ShouldBeGreaterThan(atLeast);
    }

    private Task<HttpResponseMessage> GetAsync(string path, params (string Name, string? Value)[] headers) => SendAsync(HttpMethod.Get, path, headers);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string? Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers.Where(header => header.Value is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (request.Headers.Accept.Count == 0)
        {
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("text/html"));
        }

        if (path == "/settings")
        {
            var admin = await site.AdminAsync();
            request.Headers.Add("Cookie", string.Join("; ", admin.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        return await site.Client.SendAsync(request, Cancelled);
    }

    /// <summary>One API for all of them: they change nothing.</summary>
    public sealed class Site : IAsyncDisposable
    {
        private readonly LlmApiFactory _api = new();
        private Visitor? _admin;

        public Site()
        {
            using var started = _api.CreateClient();
            Client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = started.BaseAddress };
        }

        internal async Task<Visitor> AdminAsync() => _admin ??= await Visitor.LoggedInAsync(_api);

        internal HttpClient Client { get; }

        public ValueTask DisposeAsync()
        {
            _admin?.Dispose();
            Client.Dispose();
            return _api.DisposeAsync();
        }
    }

    [GeneratedRegex("""<script(?![^>]*\bsrc=)|\son\w+=|javascript:""", RegexOptions.IgnoreCase)]
    private static partial Regex InlineScript();

    [GeneratedRegex("""<style|\sstyle=""", RegexOptions.IgnoreCase)]
    private static partial Regex InlineStyle();

    [GeneratedRegex("""\s(?:src|href|action)="([^"]*)""")]
    private static partial Regex Links();

    [GeneratedRegex("""(from|import|import\()\s*['"](\.[^'"`$]+)['"]""")]
    private static partial Regex Imports();
}
