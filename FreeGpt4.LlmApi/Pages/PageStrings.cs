using System.Text.Json;
using Microsoft.Extensions.FileProviders;

namespace FreeGpt4.LlmApi.Pages;

/// <summary>The words of the pages: the files that their scripts read, too.</summary>
internal sealed class PageStrings(IWebHostEnvironment environment)
{
    /// <summary>The first is for who speaks none of them.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["en", "ru"];

    private readonly Dictionary<string, Dictionary<string, string>> _strings =
        Languages.ToDictionary(language => language, language => Read(environment.WebRootFileProvider, language));

    /// <exception cref="InvalidOperationException">A page uses a name that the file has not.</exception>
    public string Find(string language, string name) => _strings[language].GetValueOrDefault(name)
        ?? throw new InvalidOperationException($"A page uses '{name}', which is not in wwwroot/assets/strings/{language}.json.");

    private static Dictionary<string, string> Read(IFileProvider files, string language)
    {
        using var stream = files.GetFileInfo($"assets/strings/{language}.json").CreateReadStream();
        return JsonSerializer.Deserialize<Dictionary<string, string>>(stream) ?? [];
    }
}
