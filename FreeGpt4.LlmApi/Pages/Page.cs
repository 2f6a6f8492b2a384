using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using FreeGpt4.LlmApi.Pages.Assets;
using Microsoft.Net.Http.Headers;

namespace FreeGpt4.LlmApi.Pages;

/// <summary>
/// A page from a file of HTML, in which <c>{{name}}</c> stands for a string of <see cref="PageStrings"/>, or for <c>assets</c>,
/// <c>modules</c>, <c>modules.folder</c>, <c>language</c>, <c>theme</c>, <c>session</c>. It is made and compressed once for each form that somebody asks for.
/// </summary>
internal sealed partial class Page(string name, PageStrings strings, AssetFolder assets)
{
    private const string FurtherModules = "modules.";

    private static readonly HtmlEncoder Html = HtmlEncoder.Create(System.Text.Unicode.UnicodeRanges.All);

    private readonly string _template = Read(name);
    private readonly ConcurrentDictionary<PageLook, PageBody> _bodies = [];

    /// <summary>The page for who asks; 304 when they have it.</summary>
    public Task WriteAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var look = PageLook.Of(request);
        var body = _bodies.GetOrAdd(look, look => new(Render(look)));
        PageHeaders.Set(response);
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = body.Tag;
        if (request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(EntityTagHeaderValue.Parse(body.Tag), useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return body.WriteAsync(context);
    }

    /// <param name="values">Of further names, for this time.</param>
    public string Render(PageLook look, IReadOnlyDictionary<string, string>? values = null) => Placeholder().Replace(
        _template,
        found => found.Groups[1].Value is var place && values?.GetValueOrDefault(place) is { } value ? Html.Encode(value) : place switch
        {
            "assets" => assets.Current,
            "language" => look.Language,
            "theme" => look.Theme,
            "session" => look.HasSession ? "maybe" : "none",
            "modules" => Modules(Path.GetFileNameWithoutExtension(name), "shared"),
            _ when place.StartsWith(FurtherModules, StringComparison.Ordinal) => Modules(place[FurtherModules.Length..]),
            _ => Html.Encode(strings.Find(look.Language, place)),
        });

    // All at once, and not each when the one before it has come.
    private string Modules(params string[] folders) => string.Join('\n', folders.SelectMany(assets.Modules)
        .Select(module => $"<link rel=\"modulepreload\" href=\"{module}\">"));

    private static string Read(string name)
    {
        using var stream = typeof(Page).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\{\{([A-Za-z.]+)\}\}")]
    private static partial Regex Placeholder();
}
