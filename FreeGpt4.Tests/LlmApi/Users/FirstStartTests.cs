using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.LlmApi.Users;

public sealed class FirstStartTests
{
    private const string ChosenPassword = "chosen-by-the-operator";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Admin_OfAFirstStartOfFourReplicas_IsMadeOnce(bool onPostgres)
    {
        var log = new ConcurrentQueue<string>();
        await using var cluster = await Replicas.StartAsync(
            4, onPostgres, isEmpty: true, services => services.AddSingleton<ILoggerProvider>(new LogListener(log.Enqueue)), settings: [("ADMIN_PASSWORD", ""), ("LOG_LEVEL", "TRACE")]);

        var line = log.Where(line => line.Contains("admin was made", StringComparison.Ordinal)).ShouldHaveSingleItem();
        var file = line[line.IndexOf('/', StringComparison.Ordinal)..line.IndexOf(".txt", StringComparison.Ordinal)] + ".txt";
        var password = (await File.ReadAllTextAsync(file, Cancelled)).Trim();
        password.Length.ShouldBeGreaterThanOrEqualTo(24);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using var admin = await Visitor.LoggedInAsync(cluster.All[0], "admin", password);
        foreach (var other in cluster.All)
        {
            // The keys of sessions, too, were made by one for all.
            using var there = admin.At(other);
            (await there.JsonAsync("GET", "/api/me")).Value("user", "role").ShouldBe("admin");
            using var elsewhere = await Visitor.LoggedInAsync(other, "ADMIN", password);
        }

        log.ShouldNotContain(one => one.Contains(password, StringComparison.Ordinal));
        log.ShouldNotContain(one => one.Contains(EmptyState.AdminPassword, StringComparison.Ordinal));
        Directory.EnumerateFiles(Path.GetDirectoryName(file)!, "*password*").ShouldBe([file]);
    }

    [Fact]
    public async Task Password_OnceChanged_LeavesNoFileWhateverReplicaHasIt()
    {
        await using var cluster = await Replicas.StartAsync(2, isEmpty: true);
        var folder = cluster.All[0].Services.GetRequiredService<FreeGpt4.LlmApi.State.StateOptions>().Folder;
        var file = Path.Combine(folder, "admin-password.txt");
        var password = (await File.ReadAllTextAsync(file, Cancelled)).Trim();
        using var admin = await Visitor.LoggedInAsync(cluster.All[1], "admin", password);

        (await admin.StatusAsync("POST", "/api/me/password", new() { ["currentPassword"] = password, ["newPassword"] = ChosenPassword })).ShouldBe(HttpStatusCode.NoContent);

        File.Exists(file).ShouldBeFalse();
        using var again = await Visitor.LoggedInAsync(cluster.All[0], "admin", ChosenPassword);

        // As at a host that was away meanwhile.
        await File.WriteAllTextAsync(file, password, Cancelled);
        (await again.StatusAsync("PATCH", "/api/me", new() { ["model"] = "a-model" })).ShouldBe(HttpStatusCode.OK);
        await Eventually.IsTrue(() => !File.Exists(file), Patience.Limit, "the file is gone", Cancelled);
    }

    [Fact]
    public async Task Admin_WithAnotherNameAndPassword_LeavesNoFile()
    {
        await using var cluster = await Replicas.StartAsync(1, isEmpty: true);
        var file = Path.Combine(cluster.All[0].Services.GetRequiredService<FreeGpt4.LlmApi.State.StateOptions>().Folder, "admin-password.txt");
        using var admin = await Visitor.LoggedInAsync(cluster.All[0], "admin", (await File.ReadAllTextAsync(file, Cancelled)).Trim());
        var id = (await admin.JsonAsync("GET", "/api/users"))["users"]![0].Value("id");

        await admin.JsonAsync("PATCH", $"/api/users/{id}", new() { ["name"] = "chief", ["password"] = ChosenPassword });

        File.Exists(file).ShouldBeFalse();
        using var again = await Visitor.LoggedInAsync(cluster.All[0], "chief", ChosenPassword);
    }

    [Fact]
    public async Task Password_OfTheEnvironment_CountsAtTheFirstStartOnly()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        foreach (var setting in (string[])[ChosenPassword, "another-one-later"])
        {
            await using var api = new LlmApiFactory(demo: true, settings: [("DATA_DIR", data), ("ADMIN_PASSWORD", setting)]);
            using var admin = await Visitor.LoggedInAsync(api, "admin", ChosenPassword);
        }

        Directory.EnumerateFiles(data, "*password*").ShouldBeEmpty();
    }

    [Fact]
    public async Task ResetPassword_AtTheMachine_LetsTheAdminInAgain()
    {
        using var folder = new TemporaryFolder();
        var data = EmptyState.CopyTo(Path.Combine(folder.Path, "data"));
        await using var api = new LlmApiFactory(demo: true, settings: [("DATA_DIR", data)]);
        using var before = await Visitor.LoggedInAsync(api);
        using var stranger = new Visitor(api);
        for (var i = 0; i < 6; i++)
        {
            using var refused = await stranger.LoginAsync("admin", "wrong-password");
        }

        var (exitCode, output) = await RunAsync(data, "Admin");
        var (exitCodeOfNobody, _) = await RunAsync(data, "nobody");

        exitCode.ShouldBe(0, output);
        exitCodeOfNobody.ShouldBe(1);
        var file = Path.Combine(data, "admin-password.txt");
        output.ShouldContain(file);
        var password = (await File.ReadAllTextAsync(file, Cancelled)).Trim();
        output.ShouldNotContain(password);
        using var after = await Visitor.LoggedInAsync(api, "admin", password);
        await Eventually.IsTrue(
            async () => await before.StatusAsync("GET", "/api/me") is HttpStatusCode.Unauthorized, Patience.Limit, "older sessions have ended", Cancelled);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string data, string user)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "FreeGpt4.LlmApi.dll"), "reset-password", user])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DATA_DIR"] = data;
        using var tool = Process.Start(start)!;
        var errors = tool.StandardError.ReadToEndAsync(Cancelled);
        var output = await tool.StandardOutput.ReadToEndAsync(Cancelled);
        await tool.WaitForExitAsync(Cancelled);
        return (tool.ExitCode, output + await errors);
    }
}
