using System.Collections.Concurrent;
using System.Text;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Settings;

/// <summary>Keys and passwords are encrypted where they are stored, and told nowhere.</summary>
public sealed class SecretSettingsTests
{
    private const string First = "sk-first-nobody-may-see-1111";
    private const string Second = "sk-second-nobody-may-see-2222";
    private const string Short = "sk-12345";
    private const string Password = "proxy-password-nobody-may-see";
    private const string MasterKey = "a master key of more than thirty-two characters";

    [Theory(Timeout = Patience.OfTest)]
    [InlineData(SettingsCluster.Sqlite)]
    [InlineData(SettingsCluster.Postgres)]
    public async Task Secrets_ThatAreStored_AreInNoFileNoLogAndNoReply(string engine)
    {
        var log = new ConcurrentQueue<string>();
        var replies = new List<string>();
        await using var upstream = await UpstreamServer.StartAsync(Status(401, "{\"error\":{\"message\":\"Incorrect API key provided: " + First + "\"}}"));
        await using var cluster = await SettingsCluster.StartAsync(engine, replicas: 2, upstream, onLog: log.Enqueue, settings: ("LOG_LEVEL", "TRACE"));
        var client = cluster.Clients[0];

        foreach (var settings in new (string, System.Text.Json.Nodes.JsonNode?)[][]
        {
            [("CUSTOM_API_KEY", $"{First},{Second}, {Short}"), ("PROXIES", $"socks5://me:{Password}@127.0.0.1:9,http://me:{Password}@proxy.test")],
            [("CUSTOM_API_KEY", $"{First} {Second}")],
            [("PROXIES", $"me:{Password}@nowhere")],
            [("CUSTOM_BASE_URL", $"http://me:{Password}@example.test/v1")],
        })
        {
            using var put = await client.TryPutAsync(settings);
            replies.Add(await put.TextAsync());
        }

        using (var chat = await client.ChatAsync(ChatRequests.Body()))
        {
            replies.Add(await chat.TextAsync());
        }

        await client.PutAsync(("CUSTOM_BASE_URL", "http://upstream.test/v1"));
        foreach (var path in new[] { "/status", SettingsRequests.Route, "/v1/models" })
        {
            using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
            replies.Add(await response.TextAsync());
        }

        using (var chat = await client.ChatAsync(ChatRequests.Body()))
        {
            replies.Add(await chat.TextAsync());
            replies[^1].ShouldContain("PROXIES");
        }

        foreach (var text in log.Concat(replies))
        {
            ShouldHoldNoSecret(Encoding.UTF8.GetBytes(text), text);
        }

        var rows = await cluster.Services[0].GetRequiredService<StateStore>().ReadAsync(
            context => context.Settings.Select(setting => setting.Value).ToListAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        rows.Count.ShouldBe(3);
        rows.ForEach(row => ShouldHoldNoSecret(Encoding.UTF8.GetBytes(row), "a row"));
        if (cluster.Server is not null)
        {
            cluster.Server.Log.ShouldNotContain(First);
            await cluster.Server.StopAsync();
        }

        foreach (var file in Directory.EnumerateFiles(cluster.Folder, "*", SearchOption.AllDirectories))
        {
            ShouldHoldNoSecret(await ReadAsync(file), file);
        }

        File.Exists(Path.Combine(cluster.Folder, "master.key")).ShouldBeTrue();
    }

    [Fact]
    public async Task Secret_InTheReply_IsItsCountAndTheEndsOfLongOnes()
    {
        await using var cluster = await SettingsCluster.StartAsync(settings: ("GROQ_API_KEY", ""));
        var client = cluster.Clients[0];
        (await client.SettingAsync("GROQ_API_KEY"))["secret"].Value("isSet").ShouldBe("false");

        await client.PutAsync(("GROQ_API_KEY", $"{First},{Second},{Short}"), ("PROXIES", $"socks5://me:{Password}@p"));

        var key = await client.SettingAsync("GROQ_API_KEY");
        key["value"].ShouldBeNull();
        key.Value("secret", "count").ShouldBe("3");
        key["secret"]!["hints"]!.AsArray().Select(hint => (string?)hint).ShouldBe(["…1111", "…2222", "…"]);
        var proxies = await client.SettingAsync("PROXIES");
        proxies.Value("secret", "count").ShouldBe("1");
        proxies["secret"]!["hints"]!.AsArray().Select(hint => (string?)hint).ShouldBe(["…"]);
    }

    [Fact]
    public async Task Start_WithAnotherMasterKey_IsRefusedInOneLine()
    {
        await using var cluster = await SettingsCluster.StartAsync(settings: ("MASTER_KEY", MasterKey));
        await cluster.StopReplicasAsync();

        await using var other = Start(cluster.Folder, ("MASTER_KEY", "another master key of more than thirty-two characters"));
        await using var withFile = Start(cluster.Folder);
        await using var same = Start(cluster.Folder, ("MASTER_KEY", MasterKey));

        foreach (var refused in new[] { other, withFile })
        {
            (await refused.ExitCodeAsync()).ShouldBe(1);
            refused.Errors.ShouldHaveSingleItem().ShouldStartWith("MASTER_KEY");
            refused.Output.ShouldNotContain(line => line.Contains("Exception", StringComparison.Ordinal));
        }

        await same.AddressAsync();
    }

    [Fact]
    public async Task Start_WithASecretThatCannotBeDecrypted_IsRefusedInOneLine()
    {
        await using var cluster = await SettingsCluster.StartAsync(settings: ("MASTER_KEY", MasterKey));
        await cluster.Clients[0].PutAsync(("GROQ_API_KEY", First));

        // Moved: what is encrypted for one setting cannot be read as another.
        await WriteAsync(cluster, "UPDATE settings SET name = 'MISTRAL_API_KEY'");
        await cluster.StopReplicasAsync();
        await using var api = Start(cluster.Folder, ("MASTER_KEY", MasterKey));

        (await api.ExitCodeAsync()).ShouldBe(1);
        api.Errors.ShouldHaveSingleItem().ShouldStartWith("MISTRAL_API_KEY is stored, and cannot be decrypted");
        api.Output.ShouldNotContain(line => line.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Secret_ThatCannotBeDecryptedAnyMore_LeavesTheOneBeforeInForce()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream);
        var client = cluster.Clients[0];
        await client.PutAsync(("CUSTOM_API_KEY", First));

        await WriteAsync(cluster, "UPDATE settings SET value = 'v1:' || substr(value, 8)");
        await WriteAsync(cluster, "UPDATE revisions SET number = number + 1");
        await Eventually.IsTrue(
            async () => (await client.SettingAsync("CUSTOM_API_KEY"))["problem"] is not null, Patience.Limit, "it is told", TestContext.Current.CancellationToken);
        using var chat = await client.ChatAsync(ChatRequests.Body());

        upstream.Chats[^1].Headers["Authorization"].ShouldBe($"Bearer {First}");
        (await client.SettingAsync("CUSTOM_API_KEY")).Value("problem").ShouldNotBeNull().ShouldContain("cannot be decrypted");
    }

    private static ServiceProcess Start(string folder, params IEnumerable<(string Name, string Value)> settings) => ServiceProcess.Start(
        "FreeGpt4.LlmApi", [("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("FALLBACK_PROVIDERS", "Custom"), ("LOG_LEVEL", "WARNING"), ("DATA_DIR", folder), .. settings]);

    private static async Task WriteAsync(SettingsCluster cluster, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(cluster.Folder, "freegpt4.db")};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        (await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBeGreaterThan(0);
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        return bytes.ToArray();
    }

    private static void ShouldHoldNoSecret(byte[] bytes, string where)
    {
        foreach (var secret in new[] { First, Second, Short, Password })
        {
            bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, where);
            bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('='))).ShouldBe(-1, where);
        }
    }
}
