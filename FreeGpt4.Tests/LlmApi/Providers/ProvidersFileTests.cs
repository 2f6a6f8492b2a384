using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Providers;

/// <summary>A providers file with mistakes: the start stops, and every mistake has a line that says where it is and what is allowed.</summary>
public sealed class ProvidersFileTests
{
    [Fact]
    public async Task Mistakes_OfAFile_AreReportedTogetherWithTheirPlaces()
    {
        const string File = """
            {
              "providers": [
                { "name": "A", "baseUrl": "ftp://a", "auth": "digest" },
                { "name": "not a name", "baseUrl": "http://b" },
                { "name": "C" },
                { "name": "D", "baseUrl": "http://d", "limits": { "requestsPerMinute": 0 }, "timeouts": { "connect": "soon" } },
                { "name": "E", "baseUrl": "http://e", "models": "gpt-4o", "operations": ["chat", "sing"], "quirks": { "noticePatterns": ["("] } },
                { "name": "F", "baseUrl": "http://f", "apiKey": "sk-sécret", "colour": "red" },
                { "name": "f", "baseUrl": "http://f" },
                7
              ],
              "aliases": { "fast": "groq" },
              "provider": []
            }
            """;

        var errors = await StartAsync(File);

        errors.ShouldBe(
        [
            "line 13: $.provider is unknown; allowed is providers, aliases.",
            "line 3: $.providers[0].baseUrl is \"ftp://a\"; allowed is an address such as \"http://localhost:11434/v1\", without user, query and fragment.",
            "line 3: $.providers[0].auth is \"digest\"; allowed is bearer, none, fixed.",
            "line 4: $.providers[1].name is \"not a name\"; allowed is 1 to 40 letters, digits, '.', '_' or '-', beginning with a letter.",
            "line 5: $.providers[2] has no baseUrl; allowed is an address such as \"http://localhost:11434/v1\".",
            "line 6: $.providers[3].limits.requestsPerMinute is 0; allowed is a whole number from 1 to 1000000.",
            "line 6: $.providers[3].timeouts.connect is \"soon\"; allowed is a time such as \"500ms\", \"30s\" or \"10m\", from 0.01s to 3600s.",
            "line 7: $.providers[4].models is \"gpt-4o\"; allowed is an array of texts that are not empty.",
            "line 7: $.providers[4].operations[1] is \"sing\"; allowed is an array of chat, completions, embeddings.",
            "line 7: $.providers[4].quirks.noticePatterns[0] is \"(\"; allowed is an array of regular expressions.",
            "line 8: $.providers[5].apiKey cannot be used; allowed is keys of printable ASCII characters, separated by commas.",
            "line 8: $.providers[5].colour is unknown; allowed is name, adapter, baseUrl, auth, fixedKey, apiKey, models, modelsPath, operations, keyless, local, onlyWhenNamed, limits, timeouts, quirks, promptNote, factsAsOf.",
            "line 10: $.providers[7] is 7; allowed is an object with name, adapter, baseUrl, auth, fixedKey, apiKey, models, modelsPath, operations, keyless, local, onlyWhenNamed, limits, timeouts, quirks, promptNote, factsAsOf.",
            "line 12: $.aliases.fast is \"groq\"; allowed is an array of models such as \"groq/llama-3.1-8b-instant\".",
            "describes F 2 times; allowed is once.",
        ], ignoreOrder: true);
    }

    [Theory]
    [InlineData("{", "is not valid JSON (line 1, byte 1).")]
    [InlineData("[]", "line 1: $ is an array; allowed is an object with providers, aliases.")]
    public async Task File_ThatIsNone_IsRefused(string file, string error) => (await StartAsync(file)).ShouldBe([error]);

    [Theory]
    [InlineData("\"baseUrl\":\"http://user:sécret@h/v1?key=sécret\"", "baseUrl")]
    [InlineData("\"baseUrl\":\"http://h\",\"quirks\":{\"headers\":{\"X-Key\":\"sécret\"}}", "quirks.headers.X-Key")]
    public async Task Mistake_WhereASecretMayStand_DoesNotShowIt(string members, string place)
    {
        var error = (await StartAsync($$"""{"providers":[{"name":"x",{{members}}}]}""")).ShouldHaveSingleItem();

        error.ShouldStartWith($"line 1: $.providers[0].{place} cannot be used; allowed is ");
    }

    [Fact]
    public async Task File_ThatIsNotThere_IsRefused()
    {
        await using var api = ServiceProcess.Start("FreeGpt4.LlmApi", ("PROVIDERS_FILE", "/no/such/file"), ("FALLBACK_PROVIDERS", "Custom"));

        (await api.ExitCodeAsync()).ShouldBe(1);

        api.Errors.ShouldHaveSingleItem().ShouldStartWith("PROVIDERS_FILE /no/such/file cannot be read: ");
    }

    [Theory]
    [InlineData("PROVIDER", "Bing", "Groq")]
    [InlineData("FALLBACK_PROVIDERS", "Bing", "AIHorde, Cerebras, Cloudflare, Custom")]
    [InlineData("MODEL_ALIASES", "fast", "name=model,model")]
    [InlineData("MODEL_ALIASES", "fast=", "name=model,model")]
    [InlineData("GROQ_BASE_URL", "groq", "http://")]
    [InlineData("GROQ_FIRST_TOKEN_TIMEOUT", "soon", "500ms, 30s")]
    [InlineData("CLOUDFLARE_ACCOUNT_ID", "a/b", "letters")]
    [InlineData("FALLBACK_TIMEOUT", "1", "500ms, 30s")]
    [InlineData("REMOVE_SOURCES", "maybe", "true, false")]
    public async Task Setting_ThatIsWrong_StopsTheStartInOneLine(string name, string value, string allowed)
    {
        await using var api = ServiceProcess.Start("FreeGpt4.LlmApi", ("FALLBACK_PROVIDERS", "Custom"), (name, value));

        (await api.ExitCodeAsync()).ShouldBe(1);

        var line = api.Errors.Distinct().ShouldHaveSingleItem();
        line.ShouldStartWith(name);
        line.ShouldContain($"\"{value}\"; allowed is ");
        line.ShouldContain(allowed);
    }

    [Fact]
    public async Task Schema_ForEditors_KnowsWhatTheProgramKnows()
    {
        var errors = (await StartAsync(
            """{"?":0,"providers":[{"name":"A","baseUrl":"http://a","?":0,"limits":{"?":0},"timeouts":{"?":0},"quirks":{"?":0}}]}""")).ToList();
        var schema = JsonNode.Parse(await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "Bundles", "providers.schema.json"), TestContext.Current.CancellationToken))!;
        var provider = schema["$defs"]!["provider"]!["properties"]!;

        AllowedAt("$.?").ShouldBe(Names(schema["properties"]).Except(["$schema"]), ignoreOrder: true);
        AllowedAt("$.providers[0].?").ShouldBe(Names(provider), ignoreOrder: true);
        foreach (var part in (string[])["limits", "timeouts", "quirks"])
        {
            AllowedAt($"$.providers[0].{part}.?").ShouldBe(Names(provider[part]!["properties"]), ignoreOrder: true);
        }

        IEnumerable<string> AllowedAt(string place) =>
            errors.Single(error => error.Contains($" {place} is unknown")).Split("allowed is ")[1].TrimEnd('.').Split(", ");

        static IEnumerable<string> Names(JsonNode? properties) => properties!.AsObject().Select(property => property.Key);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", true)]
    [InlineData("http://127.0.0.1:0", false)]
    public async Task Keys_BeyondThisMachine_AreWarnedOf(string address, bool warns)
    {
        await using var api = ServiceProcess.Start(
            "FreeGpt4.LlmApi", ("ASPNETCORE_URLS", address), ("FALLBACK_PROVIDERS", "Custom"), ("GROQ_API_KEY", "gsk-secret"));
        await api.AddressAsync();
        await api.TerminateAsync();
        await api.ExitCodeAsync();

        api.Output.Any(line => line.Contains("anybody there can spend the keys of Groq.")).ShouldBe(warns);
        api.Output.ShouldNotContain(line => line.Contains("gsk-secret"));
    }

    private static async Task<IEnumerable<string>> StartAsync(string file)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "providers.json");
        await File.WriteAllTextAsync(path, file, TestContext.Current.CancellationToken);
        await using var api = ServiceProcess.Start("FreeGpt4.LlmApi", ("PROVIDERS_FILE", path), ("FALLBACK_PROVIDERS", "Custom"));
        (await api.ExitCodeAsync()).ShouldBe(1);
        var start = $"PROVIDERS_FILE {path}";
        api.Errors.ShouldAllBe(line => line.StartsWith(start));
        api.Errors.ShouldAllBe(line => !line.Contains("sécret"));
        return api.Errors.Select(line => line[start.Length..].TrimStart(',', ' '));
    }
}
