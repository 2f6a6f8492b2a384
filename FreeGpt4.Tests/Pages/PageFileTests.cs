using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Pages;

/// <summary>What pages are made of, as files.</summary>
public sealed partial class PageFileTests
{
    [Fact]
    public void Strings_OfAllLanguages_HaveTheSameNamesAndPlaces()
    {
        var (english, russian) = (Strings("en"), Strings("ru"));

        russian.Keys.Order().ShouldBe(english.Keys.Order());
        foreach (var (name, text) in english)
        {
            Places(russian[name]).ShouldBe(Places(text), name);
        }

        static IEnumerable<string> Places(string text) => Place().Matches(text).Select(place => place.Value).Order();
    }

    [Fact]
    public void Scripts_UseNoStringThatIsMissing()
    {
        var strings = Strings("en");
        var used = OwnScripts().SelectMany(file => Words().Matches(File.ReadAllText(file))).Select(word => word.Groups[1].Value).Distinct().ToList();

        used.Count.ShouldBeGreaterThan(50);
        used.Where(name => !strings.ContainsKey(name) && !strings.ContainsKey($"{name}.other")).ShouldBeEmpty();
    }

    [Fact]
    public void Libraries_AreAsTheyWerePublished()
    {
        var listed = File.ReadAllLines(Path.Combine(Repository.Path, "eng", "web", "libraries.sha256")).ToDictionary(line => line[66..], line => line[..64]);
        var folder = Path.Combine(Assets, "libraries");
        var found = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetRelativePath(folder, file), file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));

        // Changed: `npm ci && npm run copy` in eng/web.
        found.OrderBy(file => file.Key, StringComparer.Ordinal).ShouldBe(listed.OrderBy(file => file.Key, StringComparer.Ordinal));
    }

    private static string Assets => Path.Combine(Repository.Path, "FreeGpt4.LlmApi", "wwwroot", "assets");

    // Of all pages, and of single ones: no name is in two files.
    internal static Dictionary<string, string> Strings(string language) =>
        Directory.EnumerateFiles(Path.Combine(Assets, "strings"), $"{language}.json", SearchOption.AllDirectories)
            .SelectMany(file => JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))!)
            .ToDictionary();

    private static IEnumerable<string> OwnScripts() => Directory.EnumerateFiles(Assets, "*.js", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}libraries{Path.DirectorySeparatorChar}"));

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Place();

    [GeneratedRegex("""\btext\('([A-Za-z.]+)'""")]
    private static partial Regex Words();
}
