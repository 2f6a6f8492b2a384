using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi.Users;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>What a backup may have in it, and what a restore makes of it.</summary>
public sealed class RestoredContentTests
{
    private const string Program = "FreeGpt4.LlmApi";

    [Fact]
    public async Task Restore_AfterALogout_LeavesTheSessionEnded()
    {
        using var files = new TemporaryFolder();
        var file = Path.Combine(files.Path, "backup.db");
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1, ("ADMIN_PASSWORD", EmptyState.AdminPassword));
        using var admin = await Visitor.LoggedInAsync(set.Replicas[0]);
        using var copy = admin.At(set.Replicas[0]);
        using var another = await Visitor.LoggedInAsync(set.Replicas[0]);
        (await ToolProcess.RunAsync(Program, ["backup", file], set.Environment)).ExitCode.ShouldBe(0);
        (await admin.StatusAsync("POST", "/api/logout")).ShouldBe(System.Net.HttpStatusCode.NoContent);
        await AddAsync(set.Stores[0], context => context.Notes.Add(new() { Name = "later", Value = "" }));

        var restore = await ToolProcess.RunAsync(Program, ["restore", file], set.Environment);

        restore.ExitCode.ShouldBe(0, restore.Errors);
        (await set.Stores[0].ReadAsync(
            context => context.Notes.Select(note => note.Name).ToListAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken))
            .ShouldNotContain("later");
        await set.Replicas[0].Services.GetRequiredService<FreeGpt4.LlmApi.Users.UserDirectory>().ReadAsync(TestContext.Current.CancellationToken);
        (await copy.StatusAsync("GET", "/api/me")).ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        (await another.StatusAsync("GET", "/api/me")).ShouldBe(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task Restore_OfACharacterThatPostgresDoesNotKeep_LeavesItOut()
    {
        using var files = new TemporaryFolder();
        var file = Path.Combine(files.Path, "backup.db");
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        await AddAsync(set.Stores[0], context => context.Users.Add(new() { Name = "Ada", Key = "ada", SystemPrompt = "Be\0 brief." }));
        await AddAsync(set.Stores[0], context => context.Notes.Add(new() { Name = "test\0 key", Value = "\0" }));
        (await ToolProcess.RunAsync(Program, ["backup", file], set.Environment)).ExitCode.ShouldBe(0);
        await using var other = await ReplicaSet.StartAsync(ReplicaSet.Postgres, count: 1);
        File.Copy(set.MasterKeyFile, other.MasterKeyFile, overwrite: true);

        var restore = await ToolProcess.RunAsync(Program, ["restore", file], other.Environment);

        restore.ExitCode.ShouldBe(0, restore.Errors);
        (await other.Stores[0].ReadAsync(
            context => context.Users.Where(user => user.Key == "ada").Select(user => user.SystemPrompt).SingleAsync(TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken)).ShouldBe("Be brief.");
        (await other.Stores[0].ReadAsync(
            context => context.Notes.AnyAsync(note => note.Name == "test key", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("UPDATE users SET role = 'Boss'")]
    [InlineData("UPDATE users SET id = 'zzz' WHERE key = 'ada'")]
    [InlineData("UPDATE users SET created_at = 9223372036854775807")]
    [InlineData("UPDATE users SET key = NULL")]
    [InlineData("INSERT INTO settings VALUES ('GROQ_API_KEY', 'v1:AAAA', 0, 'x')")]
    [InlineData("INSERT INTO settings VALUES ('GROQ_API_KEY', 'in clear', 0, 'x')")]
    [InlineData("DELETE FROM notes; INSERT INTO settings VALUES ('GROQ_API_KEY', 'v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 0, 'x')")]
    [InlineData("DROP TABLE users")]
    public async Task Restore_OfContentThatCannotBe_IsOneLineAndChangesNothing(string change)
    {
        using var files = new TemporaryFolder();
        var file = Path.Combine(files.Path, "backup.db");
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        await AddAsync(set.Stores[0], context => context.Users.Add(new() { Name = "Ada", Key = "ada" }));
        (await ToolProcess.RunAsync(Program, ["backup", file], set.Environment)).ExitCode.ShouldBe(0);
        await AddAsync(set.Stores[0], context => context.Notes.Add(new() { Name = "mine", Value = "" }));
        await using (var connection = new SqliteConnection($"Data Source={file};Pooling=false;Foreign Keys=false"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA ignore_check_constraints = ON; DELETE FROM access_tokens; {change}";
            try
            {
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
            catch (SqliteException e) when (e.SqliteErrorCode == 19)
            {
                // Its own constraint refuses it: a hostile file would have none.
                command.CommandText =
                    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'users'; PRAGMA writable_schema = RESET";
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
                command.CommandText = change;
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
        }

        var restore = await ToolProcess.RunAsync(Program, ["restore", file], set.Environment);

        restore.ExitCode.ShouldBe(1, restore.Errors);
        restore.Errors.Trim().Split('\n').Length.ShouldBe(1, restore.Errors);
        (await set.Stores[0].ReadAsync(context => context.Notes.AnyAsync(note => note.Name == "mine", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken)).ShouldBeTrue();
        Directory.GetFiles(Path.GetDirectoryName(set.File)!, "*.part*").ShouldBeEmpty();
    }

    private static Task AddAsync(StateStore store, Action<StateContext> add) => store.WriteAsync(
        topic: null,
        context =>
        {
            add(context);
            return Task.CompletedTask;
        },
        TestContext.Current.CancellationToken);
}
