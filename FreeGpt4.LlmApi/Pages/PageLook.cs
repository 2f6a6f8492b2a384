using Microsoft.Net.Http.Headers;

namespace FreeGpt4.LlmApi.Pages;

/// <summary>In which of its forms somebody gets a page.</summary>
/// <param name="Language">One of <see cref="PageStrings.Languages"/>.</param>
/// <param name="Theme"><c>light</c>, <c>dark</c>, or <c>auto</c>: as the system has it.</param>
/// <param name="HasSession">Whether the browser shows a session, good or not: then the page asks who that is.</param>
internal sealed record PageLook(string Language, string Theme, bool HasSession)
{
    /// <summary>What it depends on.</summary>
    public const string Vary = "Accept, Accept-Encoding, Accept-Language, Cookie";

    // Set by the page, where somebody chooses.
    private const string LanguageCookie = "freegpt4-language";
    private const string ThemeCookie = "freegpt4-theme";

    public static PageLook Of(HttpRequest request) => new(
        PageStrings.Languages.FirstOrDefault(language => language == request.Cookies[LanguageCookie]) ?? Wanted(request),
        request.Cookies[ThemeCookie] is "light" or "dark" ? request.Cookies[ThemeCookie]! : "auto",
        request.Cookies.ContainsKey(Users.Login.Sessions.CookieName));

    private static string Wanted(HttpRequest request) => request.GetTypedHeaders().AcceptLanguage
        .OrderByDescending(wanted => wanted.Quality ?? 1)
        .Where(wanted => wanted.Quality is not 0)
        .Select(wanted => PageStrings.Languages.FirstOrDefault(language => Speaks(wanted, language)))
        .FirstOrDefault(language => language is not null) ?? PageStrings.Languages[0];

    // ru-RU is ru.
    private static bool Speaks(StringWithQualityHeaderValue wanted, string language) =>
        wanted.Value.Value is { } text && text.Split('-')[0].Equals(language, StringComparison.OrdinalIgnoreCase);
}
