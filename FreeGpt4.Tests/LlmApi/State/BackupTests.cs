using System.Collections.Concurrent;
using System.Net;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>The commands backup and restore, beside replicas that are being written to.</summary>
public sealed class BackupTests
{
    private const string Program = "FreeGpt4.LlmApi";
    private const string Topic = "test";

    [Theory]
    [InlineData(ReplicaSet.Sqlite, ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Sqlite, ReplicaSet.Postgres)]
    [InlineData(ReplicaSet.Postgres, ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres, ReplicaSet.Postgres)]
    public async Task Backup_UnderLoad_IsOneMomentAndRestoresIntoEitherEngine(string from, string to)
    {
        using var files = new TemporaryFolder();
        var file = Path.Combine(files.Path, "backup.db");
        await using var set = await ReplicaSet.StartAsync(from, count: 2);
        await SeedAsync(set.Stores[0]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var acknowledged = new ConcurrentQueue<string>();
        var writers = set.Stores.Select((store, writer) => Task.Run(() => WriteUntilAsync(store, writer, acknowledged, stop.Token))).ToList();
        await Eventually.IsTrue(() => acknowledged.Count > 10, Patience.Limit, "writes", TestContext.Current.CancellationToken);
        List<string> before = [.. acknowledged];

        var backup = await ToolProcess.RunAsync(Program, ["backup", file], set.Environment);

        backup.ExitCode.ShouldBe(0, backup.Errors);
        backup.Output.ShouldContain("2 users");
        backup.Output.ShouldContain("master.key");
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        (OperatingSystem.IsWindows() || File.GetUnixFileMode(file) is (UnixFileMode.UserRead | UnixFileMode.UserWrite)).ShouldBeTrue();
        Directory.GetFiles(files.Path).ShouldBe([file]);

        // Into a cluster that has something of its own, and is being written to.
        await using var other = await ReplicaSet.StartAsync(to, count: 2);
        await WriteAsync(other.Stores[0], "of the other");
        File.Copy(set.MasterKeyFile, other.MasterKeyFile, overwrite: true);
        var heard = 0;
        other.Replicas[1].Services.GetRequiredService<ChangeFeed>().Listen(Topic, async _ => Volatile.Write(ref heard, (await ReadAsync(other.Stores[1])).Counter));
        var restore = await ToolProcess.RunAsync(Program, ["restore", file], other.Environment);

        restore.ExitCode.ShouldBe(0, restore.Errors);
        var (counter, names) = await ReadAsync(other.Stores[0]);
        counter.ShouldBe(names.Count);
        before.Except(names).ShouldBeEmpty();
        names.ShouldNotContain("of the other");
        await Eventually.IsTrue(() => Volatile.Read(ref heard) == counter, Patience.Limit, "it is heard", TestContext.Current.CancellationToken);
        var user = await other.Stores[0].ReadAsync(
            context => context.Users.Include(one => one.Tokens).SingleAsync(one => one.Name == "Ada", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        (user.Name, user.DailyTokens, user.Tokens.Single().Hash).ShouldBe(("Ada", 7_000_000_000L, [1, 2, 3]), Comparer);

        // Numbers go on after those of the backup.
        await other.Stores[0].WriteAsync(topic: null, AddUsageAsync, TestContext.Current.CancellationToken);
        (await other.Stores[0].ReadAsync(context => context.Usage.CountAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken)).ShouldBe(3);
    }

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Restore_UnderLoad_IsAllOrNothing(string engine)
    {
        using var files = new TemporaryFolder();
        var file = Path.Combine(files.Path, "backup.db");
        await using var set = await ReplicaSet.StartAsync(engine, count: 2);
        await SeedAsync(set.Stores[0]);
        await WriteAsync(set.Stores[0], "in the backup");
        (await ToolProcess.RunAsync(Program, ["backup", file], set.Environment)).ExitCode.ShouldBe(0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var acknowledged = new ConcurrentQueue<string>();
        var writers = set.Stores.Select((store, writer) => Task.Run(() => WriteUntilAsync(store, writer, acknowledged, stop.Token))).ToList();
        await using var load = Load.Start(set.Replicas[0].CreateClient().BaseAddress!);
        await Eventually.IsTrue(() => acknowledged.Count > 10, Patience.Limit, "writes", TestContext.Current.CancellationToken);

        var restore = await ToolProcess.RunAsync(Program, ["restore", file], set.Environment);
        List<string> after = [.. acknowledged];
        await Eventually.IsTrue(() => acknowledged.Count > after.Count + 10, Patience.Limit, "writes go on", TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        restore.ExitCode.ShouldBe(0, restore.Errors);
        (await load.StopAsync()).ShouldBeEmpty();
        var (counter, names) = await ReadAsync(set.Stores[1]);
        counter.ShouldBe(names.Count);
        names.ShouldContain("in the backup");
        names.ShouldNotContain(after[0]);
        acknowledged.Except(after).Except(names).ShouldBeEmpty();
    }

    [Fact]
    public async Task Restore_OfWhatIsNoBackup_ChangesNothing()
    {
        using var files = new TemporaryFolder();
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        await WriteAsync(set.Stores[0], "mine");
        var good = Path.Combine(files.Path, "good.db");
        (await ToolProcess.RunAsync(Program, ["backup", good], set.Environment)).ExitCode.ShouldBe(0);
        var bytes = File.ReadAllBytes(good);
        var bad = new Dictionary<string, byte[]>
        {
            ["empty"] = [],
            ["text"] = "no database"u8.ToArray(),
            ["cut"] = bytes[..(bytes.Length / 2)],
            ["scratched"] = [.. bytes[..4096], .. Enumerable.Repeat((byte)0x5a, 8192), .. bytes[12288..]],
        };
        foreach (var (name, content) in bad)
        {
            var file = Path.Combine(files.Path, name);
            File.WriteAllBytes(file, content);

            var restore = await ToolProcess.RunAsync(Program, ["restore", file], set.Environment);

            restore.ExitCode.ShouldBe(1, name);
            restore.Errors.ShouldContain(file);
            restore.Errors.ShouldNotContain("   at ");
        }

        (await ToolProcess.RunAsync(Program, ["restore", Path.Combine(files.Path, "none")], set.Environment)).ExitCode.ShouldBe(1);
        (await ReadAsync(set.Stores[0])).Names.ShouldBe(["mine"]);
        Directory.GetFiles(Path.GetDirectoryName(set.File)!, "*.part*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Restore_WithAnotherMasterKey_IsRefused()
    {
        using var files = new TemporaryFolder();
        var file = Path.Combine(files.Path, "backup.db");
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        using (var client = set.Replicas[0].CreateClient())
        {
            // With a cookie there is a key that cookies are made with.
            using var list = await client.GetAsync("/api/conversations", TestContext.Current.CancellationToken);
            list.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await ToolProcess.RunAsync(Program, ["backup", file], set.Environment)).ExitCode.ShouldBe(0);
        var restore = await ToolProcess.RunAsync(Program, ["restore", file], ("DATA_DIR", Path.Combine(files.Path, "new")));

        restore.ExitCode.ShouldBe(1);
        restore.Errors.ShouldContain("another master key");
    }

    [Fact]
    public async Task Backup_OverAFile_IsRefused()
    {
        using var files = new TemporaryFolder();
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 1);
        var file = Path.Combine(files.Path, "there");
        await File.WriteAllTextAsync(file, "precious", TestContext.Current.CancellationToken);

        var backup = await ToolProcess.RunAsync(Program, ["backup", file], set.Environment);

        backup.ExitCode.ShouldBe(1);
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldBe("precious");
        var nowhere = await ToolProcess.RunAsync(Program, ["backup", Path.Combine(files.Path, "none", "x")], set.Environment);
        nowhere.ExitCode.ShouldBe(1);
        nowhere.Errors.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData(2, "bakcup", "x")]
    [InlineData(2, "backup")]
    [InlineData(2, "restore", "a", "b")]
    [InlineData(0, "--help")]
    public async Task Command_ThatIsNone_SaysWhichThereAre(int code, params string[] arguments)
    {
        var tool = await ToolProcess.RunAsync(Program, arguments);

        tool.ExitCode.ShouldBe(code);
        $"{tool.Output}{tool.Errors}".ShouldContain("FreeGpt4.LlmApi backup FILE");
    }

    private static readonly IEqualityComparer<(string, long?, byte[])> Comparer = EqualityComparer<(string Name, long? Tokens, byte[] Hash)>.Create(
        (one, other) => one.Name == other.Name && one.Tokens == other.Tokens && one.Hash.SequenceEqual(other.Hash), one => one.Name.GetHashCode(StringComparison.Ordinal));

    private static Task SeedAsync(StateStore store) => store.WriteAsync(
        topic: null,
        async context =>
        {
            var ada = new User { Name = "Ada", Key = "ada", DailyTokens = 7_000_000_000, CreatedAt = DateTimeOffset.UnixEpoch };
            context.Users.Add(ada);
            context.AccessTokens.Add(new() { UserId = ada.Id, Hash = [1, 2, 3], Hint = "x", Name = "y" });
            context.Conversations.Add(new() { Owner = "user:x", Title = "Ducks", Messages = { new() { ConversationId = default, Position = 0, Role = "user", Content = "\"\ud83e\udd86\"" } } });
            context.UsageDays.Add(new() { Day = new(2026, 2, 28), UserId = ada.Id, Provider = "Demo", Model = "gpt-4o", Requests = 3 });
            await AddUsageAsync(context);
            await AddUsageAsync(context);
        },
        TestContext.Current.CancellationToken);

    private static Task AddUsageAsync(StateContext context)
    {
        context.Usage.Add(new() { At = DateTimeOffset.UtcNow, Route = "/", Provider = "Demo", Model = "gpt-4o", Replica = "x" });
        return Task.CompletedTask;
    }

    private static async Task WriteUntilAsync(StateStore store, int writer, ConcurrentQueue<string> acknowledged, CancellationToken stop)
    {
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            await WriteAsync(store, $"{writer}-{number}");
            acknowledged.Enqueue($"{writer}-{number}");
        }
    }

    // The counter says how many there are, at every moment that anybody can see.
    private static Task WriteAsync(StateStore store, string name) => store.WriteAsync(
        Topic,
        async context =>
        {
            var counter = await context.Notes.FindAsync(["counter"], TestContext.Current.CancellationToken);
            if (counter is null)
            {
                counter = new() { Name = "counter", Value = "0" };
                context.Notes.Add(counter);
            }

            counter.Value = $"{int.Parse(counter.Value) + 1}";
            context.Notes.Add(new() { Name = $"test {name}", Value = "" });
        },
        TestContext.Current.CancellationToken);

    private static Task<(int Counter, List<string> Names)> ReadAsync(StateStore store) => store.ReadAsync(
        async context =>
        {
            var notes = await context.Notes.AsNoTracking().ToListAsync(TestContext.Current.CancellationToken);
            return (
                int.Parse(notes.FirstOrDefault(note => note.Name == "counter")?.Value ?? "0"),
                notes.Where(note => note.Name.StartsWith("test ", StringComparison.Ordinal)).Select(note => note.Name["test ".Length..]).ToList());
        },
        TestContext.Current.CancellationToken);
}
