using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Settings;

/// <summary><c>GET</c> and <c>PUT /api/settings</c>.</summary>
public sealed class SettingsApiTests
{
    [Fact]
    public async Task Setting_ThatIsNowhere_HasItsDefault()
    {
        await using var cluster = await SettingsCluster.StartAsync();

        var keyword = await cluster.Clients[0].SettingAsync("KEYWORD");

        keyword.Value("value").ShouldBe("text");
        keyword.Value("default").ShouldBe("text");
        keyword.Value("source").ShouldBe("default");
        keyword.Value("kind").ShouldBe("text");
        keyword.Value("allowed").ShouldNotBeNull().ShouldContain("letters");
        keyword.Value("isStored").ShouldBe("false");
        keyword["changedAt"].ShouldBeNull();
    }

    [Fact]
    public async Task Setting_InTheEnvironment_GivesWayToWhatIsStoredUntilThatIsTakenAway()
    {
        await using var cluster = await SettingsCluster.StartAsync(settings: ("KEYWORD", "ask"));
        var client = cluster.Clients[0];
        (await client.SettingAsync("KEYWORD")).Value("source").ShouldBe("environment");
        (await client.SettingAsync("KEYWORD")).Value("value").ShouldBe("ask");

        await client.PutAsync(("KEYWORD", "q"));
        var stored = await client.SettingAsync("KEYWORD");
        stored.Value("value").ShouldBe("q");
        stored.Value("source").ShouldBe("stored");
        stored["changedAt"].ShouldNotBeNull().GetValue<DateTimeOffset>().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        stored["changedBy"].ShouldNotBeNull();

        await client.PutAsync(("KEYWORD", ""));
        (await client.SettingAsync("KEYWORD")).Value("value").ShouldBe("text");
        (await client.SettingAsync("KEYWORD")).Value("source").ShouldBe("stored");

        await client.PutAsync(("KEYWORD", null));
        (await client.SettingAsync("KEYWORD")).Value("value").ShouldBe("ask");
        (await client.SettingAsync("KEYWORD")).Value("source").ShouldBe("environment");
    }

    [Fact]
    public async Task Change_WithOneThatIsWrong_ChangesNothingAndHasALineForEachThatIs()
    {
        await using var cluster = await SettingsCluster.StartAsync();

        using var response = await cluster.Clients[0].TryPutAsync(
            ("KEYWORD", "q"), ("PROVIDER", "Nobody"), ("REMOVE_SOURCES", "perhaps"), ("CUSTOM_BASE_URL", "ftp://me:secret@x"), ("PROXIES", "http://me:secret@x:1,nonsense:secret"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = await response.ErrorAsync();
        error.Value("code").ShouldBe("invalid_settings");
        var lines = error.Value("message").ShouldNotBeNull().Split('\n');
        lines.Select(line => line.Split(' ')[0]).ShouldBe(["PROVIDER", "REMOVE_SOURCES", "CUSTOM_BASE_URL", "PROXIES"], ignoreOrder: true);
        lines.ShouldAllBe(line => line.Contains("; allowed", StringComparison.Ordinal));
        error.Value("message").ShouldNotBeNull().ShouldNotContain("secret");
        (await cluster.Clients[0].SettingAsync("KEYWORD")).Value("source").ShouldBe("default");
    }

    [Theory]
    [InlineData("""{"DATA_DIR":"/tmp"}""", 400)]
    [InlineData("""{"MASTER_KEY":"x"}""", 400)]
    [InlineData("""{"LOG_LEVEL":"DEBUG"}""", 400)]
    [InlineData("""{"KEYWORD":"a","keyword":"b"}""", 400)]
    [InlineData("""{"KEYWORD":["a"]}""", 400)]
    [InlineData("""{"KEYWORD":{}}""", 400)]
    [InlineData("""{"KEYWORD":"a\u0000"}""", 400)]
    [InlineData("""{"SYSTEM_PROMPT":"\ud800"}""", 400)]
    [InlineData("""{"\ud800":1}""", 400)]
    [InlineData("""{"FALLBACK_PROVIDERS":"Custom\nDemo"}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    [InlineData("", 400)]
    public async Task Change_ThatCannotBeStored_IsRefused(string body, int status)
    {
        await using var cluster = await SettingsCluster.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await cluster.Clients[0].PutAsync(SettingsRequests.Route, content, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        (await response.ErrorAsync()).Value("type").ShouldBe("invalid_request_error");
    }

    [Fact]
    public async Task Change_OfTooMuch_IsRefused()
    {
        await using var cluster = await SettingsCluster.StartAsync();

        using var value = await cluster.Clients[0].TryPutAsync(("SYSTEM_PROMPT", new string('a', 65_537)));
        using var body = await cluster.Clients[0].TryPutAsync([.. Enumerable.Range(0, 3000).Select(i => ($"{new string('X', 100)}{i}", (JsonNode?)"a"))]);

        value.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        body.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await body.ErrorAsync()).Value("message").ShouldBe("The request body is larger than the 262144 bytes that are allowed.");
    }

    [Fact]
    public async Task Change_ThatIsNoJson_IsRefused()
    {
        await using var cluster = await SettingsCluster.StartAsync();
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("KEYWORD", "q")]);

        using var response = await cluster.Clients[0].PutAsync(SettingsRequests.Route, form, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Change_WithValuesOfOtherTypes_IsStoredAsTheEnvironmentHasThem()
    {
        await using var cluster = await SettingsCluster.StartAsync();
        var client = cluster.Clients[0];

        await client.PutAsync(("REMOVE_SOURCES", false), ("OVH_REQUESTS_PER_MINUTE", 1), ("SYSTEM_PROMPT", " One.\nTwo. "), ("keyword", "q"));

        (await client.SettingAsync("REMOVE_SOURCES")).Value("value").ShouldBe("false");
        (await client.SettingAsync("OVH_REQUESTS_PER_MINUTE")).Value("value").ShouldBe("1");
        (await client.SettingAsync("SYSTEM_PROMPT")).Value("value").ShouldBe("One.\nTwo.");
        (await client.SettingAsync("KEYWORD")).Value("value").ShouldBe("q");
    }

    [Fact]
    public async Task Defaults_OfAllSettings_AreAllowed()
    {
        await using var cluster = await SettingsCluster.StartAsync();
        var services = cluster.Services[0];
        var all = services.GetRequiredService<SettingsCatalogue>().All;

        var failures = services.GetRequiredService<LiveSettings>().Check(
            all.Where(setting => setting.Default is not null && !setting.Default.Contains('{', StringComparison.Ordinal)).ToDictionary(setting => setting.Name, setting => setting.Default!));

        failures.ShouldBeEmpty();
        all.Select(setting => setting.Name).ShouldContain("CLOUDFLARE_ACCOUNT_ID");
        all.Select(setting => setting.Name).ShouldBeUnique();
    }

    [Fact]
    public async Task Settings_WithoutAnAdmin_AreShownToNobody()
    {
        await using var api = new LlmApiFactory(configure: services =>
            services.AddAuthorizationBuilder().AddPolicy("admin", policy => policy.RequireAssertion(_ => false)));
        using var client = api.CreateClient();

        using var get = await client.GetAsync(SettingsRequests.Route, TestContext.Current.CancellationToken);
        using var put = await client.TryPutAsync(("KEYWORD", "q"));
        using var test = await client.PostAsJsonAsync($"{SettingsRequests.Route}/providers/Demo/test", new JsonObject(), TestContext.Current.CancellationToken);

        get.IsSuccessStatusCode.ShouldBeFalse();
        put.IsSuccessStatusCode.ShouldBeFalse();
        test.IsSuccessStatusCode.ShouldBeFalse();
    }
}
