using System.Text.Json;
using Microsoft.Extensions.FileProviders;

namespace FreeGpt4.LlmApi.Pages;

/// <summary>
/// The words of the pages: the files that their scripts read, too. <c>strings/en.json</c> is of all pages, and <c>strings/settings/en.json</c>
/// of one besides; no two files have the same name for something.
/// </summary>
internal sealed class PageStrings(IWebHostEnvironment environment)
{
    private const string Folder = "assets/strings";

    /// <summary>The first is for who speaks none of them.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["en", "ru"];

    private readonly Dictionary<string, Dictionary<string, string>> _strings =
        Languages.ToDictionary(language => language, language => Read(environment.WebRootFileProvider, $"{language}.json"));

    /// <exception cref="InvalidOperationException">A page uses a name that the files have not.</exception>
    public string Find(string language, string name) => _strings[language].GetValueOrDefault(name)
        ?? throw new InvalidOperationException($"A page uses '{name}', which is in no {language}.json in wwwroot/assets/strings.");

    private static Dictionary<string, string> Read(IFileProvider files, string file) => files.GetDirectoryContents(Folder)
        .Where(entry => entry.IsDirectory)
        .Select(page => files.GetFileInfo($"{Folder}/{page.Name}/{file}"))
        .Prepend(files.GetFileInfo($"{Folder}/{file}"))
        .Where(found => found.Exists)
        .SelectMany(Read)
        .ToDictionary();

    private static Dictionary<string, string> Read(IFileInfo file)
    {
        using var stream = file.CreateReadStream();
        return JsonSerializer.Deserialize<Dictionary<string, string>>(stream) ?? [];
    }
}
