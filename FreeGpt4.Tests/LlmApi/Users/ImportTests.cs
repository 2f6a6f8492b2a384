using System.Text;
using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi.State;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.Tests.LlmApi.Users;

/// <summary><c>import settings.db</c>: what the older FreeGPT4 had is taken over, or it is said why not.</summary>
public sealed class ImportTests
{
    private const string AdaToken = "1f0b3f6e-6a3c-4f7e-9d2a-0a9f6d1f7c55";
    private const string SharedToken = "9c0d7d8a-2c5a-4a43-8a51-6f4bfa3a9f10";
    private const string Tables = """
        CREATE TABLE settings (id INTEGER PRIMARY KEY, keyword TEXT, file_input TEXT, port TEXT, provider TEXT, model TEXT, cookie_file TEXT,
            token TEXT, remove_sources TEXT, system_prompt TEXT, message_history TEXT, proxies TEXT, password TEXT, fast_api TEXT, virtual_users TEXT, chat_history TEXT);
        CREATE TABLE personal (token TEXT PRIMARY KEY, provider TEXT, model TEXT, system_prompt TEXT, message_history TEXT, username TEXT UNIQUE, password TEXT, chat_history TEXT);
        """;

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Import_OfAWholeDatabase_TakesItAndTellsOfTheRest(string engine)
    {
        using var folder = new TemporaryFolder();
        var file = Older(folder, Tables + $$"""
            INSERT INTO settings VALUES (1, 'q', 'true', '5500', 'Groq', 'gpt-4', 'data.json', '{{SharedToken}}', 'true', 'Be brief.', 'true', 'false', 'scrypt:32768:8:1$x$y', 'true', 'true', '[{"role":"user","content":"everybody"}]');
            INSERT INTO personal VALUES ('{{AdaToken}}', 'Auto', 'gpt-4o', 'Be Ada.', 'true', 'Ada', 'scrypt:32768:8:1$x$y', '[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"},{"role":"root","content":"?"}]');
            INSERT INTO personal VALUES ('short', '', '', '', '', 'bob', '', '[');
            INSERT INTO personal VALUES ('2b6bfae3-95b5-4f0f-a0f5-4c8f3a1f4f00', '', '', '', '', 'admin', '', '');
            """);
        await using var set = await ReplicaSet.StartAsync(engine, count: 1);

        var first = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["import", file], set.Environment);
        var again = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["import", file], set.Environment);

        first.ExitCode.ShouldBe(0, first.Errors);
        again.ExitCode.ShouldBe(0, again.Errors);
        again.Output.ShouldContain("Taken over (0)");
        var store = set.Stores[0];
        var settings = await ReadAsync(store, context => context.Settings.ToDictionaryAsync(one => one.Name, one => one.Value));
        settings.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}={one.Value}").ShouldBe(
            ["HISTORY=true", "KEYWORD=q", "MODEL=gpt-4", "PROVIDER=Groq", "REMOVE_SOURCES=true", "SYSTEM_PROMPT=Be brief."]);
        var users = await ReadAsync(
            store, context => context.Users.Where(one => one.Key != EmptyState.Admin).Include(one => one.Tokens).ToDictionaryAsync(one => one.Name));
        users.Keys.Order(StringComparer.Ordinal).ShouldBe(["Ada", "bob", "shared-token"]);
        users.Values.ShouldAllBe(user => user.Role == Role.User && user.PasswordHash == null);
        var ada = users["Ada"];
        (ada.Model, ada.SystemPrompt, ada.History, ada.Provider).ShouldBe(("gpt-4o", "Be Ada.", true, null));
        ada.Tokens.Single().Hash.ShouldBe(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(AdaToken)));
        users["shared-token"].Tokens.Count.ShouldBe(1);
        users["bob"].Tokens.ShouldBeEmpty();
        var conversation = await ReadAsync(store, context => context.Conversations.Include(one => one.Messages).SingleAsync());
        conversation.Owner.ShouldBe(ConversationOwner.OfUser(ada.Id));
        conversation.Messages.OrderBy(one => one.Position).Select(one => one.Content).ShouldBe(["\"hi\"", "\"hello\""]);

        // Every field is somewhere in the report.
        foreach (var field in (string[])[
            "id", "keyword", "file_input", "port", "provider", "model", "cookie_file", "token", "remove_sources", "system_prompt", "message_history",
            "proxies", "password", "fast_api", "virtual_users", "chat_history"])
        {
            first.Output.ShouldContain($"settings.{field}");
        }

        foreach (var field in (string[])["token", "provider", "model", "system_prompt", "message_history", "password", "chat_history", "chat_history[2]"])
        {
            first.Output.ShouldContain($"personal 'Ada'.{field}");
        }

        first.Output.ShouldContain("personal 'bob'.token: a token of 5 characters is not safe");
        first.Output.ShouldContain("personal 'bob'.chat_history: it is no valid JSON");
        first.Output.ShouldContain("personal 'admin': ");
        foreach (var secret in (string[])[AdaToken, SharedToken, "scrypt:", "everybody", "hello", "Be Ada."])
        {
            $"{first.Output}{first.Errors}".ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task Import_WhereSomebodyHasTheName_GivesThemNothing()
    {
        using var folder = new TemporaryFolder();
        var file = Older(folder, Tables + $"INSERT INTO personal VALUES ('{AdaToken}', '', '', '', '', 'ada', '', '[{{\"role\":\"user\",\"content\":\"hi\"}}]')");
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        await set.Stores[0].WriteAsync(
            topic: null,
            context =>
            {
                context.Users.Add(new() { Name = "Ada", Key = "ada", Role = Role.Admin });
                context.Settings.Add(new() { Name = "KEYWORD", Value = "mine", ChangedAt = default, ChangedBy = "x" });
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);

        var import = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["import", file], set.Environment);

        import.Output.ShouldContain("personal 'ada': there is a user of that name");
        (await ReadAsync(set.Stores[0], context => context.AccessTokens.CountAsync())).ShouldBe(0);
        (await ReadAsync(set.Stores[0], context => context.Conversations.CountAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task Import_OfWhatTheApiRefuses_LeavesItAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        var file = Older(folder, Tables + $"""
            INSERT INTO settings (system_prompt) VALUES ('a' || char(27) || '[2Jb');
            INSERT INTO personal (username, system_prompt) VALUES ('ada', '{new string('x', 10_001)}'), ('bob', 'a' || char(27) || 'b'), ('eve', 'a' || char(10) || 'b');
            CREATE TABLE "cats{(char)27}[2J" (name TEXT);
            """);

        var import = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["import", file], set.Environment);

        import.ExitCode.ShouldBe(0, import.Errors);
        (await ReadAsync(set.Stores[0], context => context.Settings.CountAsync())).ShouldBe(0);
        var prompts = await ReadAsync(set.Stores[0], context => context.Users.ToDictionaryAsync(user => user.Name, user => user.SystemPrompt));
        (prompts["ada"], prompts["bob"], prompts["eve"]).ShouldBe((null, null, "a\nb"));
        import.Output.ShouldContain("personal 'ada'.system_prompt: it has 10001 characters");
        import.Output.ShouldContain("personal 'bob'.system_prompt: it is too long, or has control characters");
        import.Output.ShouldContain("settings.system_prompt: it is too long, or has control characters");
        import.Output.ShouldContain("table cats");
        import.Output.Any(c => char.IsControl(c) && c is not ('\r' or '\n')).ShouldBeFalse();
    }

    [Fact]
    public async Task Import_OfHostileFiles_FailsInOneLineOrTakesWhatCanBe()
    {
        using var folder = new TemporaryFolder();
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        var good = File.ReadAllBytes(Older(folder, Tables + "INSERT INTO personal VALUES ('x', '', '', '', '', 'eve', '', '')"));
        var files = new Dictionary<string, byte[]>
        {
            ["empty"] = [],
            ["text"] = "not a database at all, but long enough to look like one"u8.ToArray(),
            ["cut"] = good[..(good.Length / 2)],
            ["other"] = File.ReadAllBytes(Older(folder, "CREATE TABLE cats (name TEXT)")),
            ["view"] = File.ReadAllBytes(Older(folder, "CREATE VIEW settings AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n")),
        };
        foreach (var (name, bytes) in files)
        {
            var file = Path.Combine(folder.Path, name);
            File.WriteAllBytes(file, bytes);

            var import = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["import", file], set.Environment);

            import.ExitCode.ShouldBe(1, name);
            import.Errors.Trim().Split('\n').Length.ShouldBe(1, import.Errors);
        }

        var odd = Older(folder, """
            CREATE TABLE settings ("a""b" TEXT, keyword BLOB, provider REAL, chat_history);
            INSERT INTO settings VALUES ('x', x'00ff', 1.5, NULL);
            CREATE TABLE personal (username, token, chat_history, "DROP TABLE users;--");
            INSERT INTO personal VALUES ('eve' || char(0), 'x', 'x', 'x'), (x'ff', 1, 2, 3), (NULL, NULL, NULL, NULL), ('../../etc', 'x', 'x', 'x'), ('mallory', zeroblob(70000000), CAST(zeroblob(70000000) AS TEXT), 'x');
            CREATE TABLE cats (name TEXT);
            """);
        var taken = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["import", odd], set.Environment);

        taken.ExitCode.ShouldBe(0, taken.Errors);
        taken.Output.ShouldContain("personal 'mallory' as the user mallory");
        taken.Output.ShouldContain("table cats: ");
        (await ReadAsync(set.Stores[0], context => context.Users.Select(user => user.Name).Order().ToListAsync())).ShouldBe([EmptyState.Admin, "mallory"]);
    }

    private static string Older(TemporaryFolder folder, string sql)
    {
        var file = Path.Combine(folder.Path, $"{Guid.NewGuid():N}.db");
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
        return file;
    }

    private static Task<T> ReadAsync<T>(StateStore store, Func<StateContext, Task<T>> read) => store.ReadAsync(read, TestContext.Current.CancellationToken);
}
