using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace FreeGpt4.Tests.AppHost;

/// <summary>Starting and stopping the cluster, each test with a cluster of its own.</summary>
public sealed class StartTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("API_REPLICAS", "0", "API_REPLICAS is \"0\"; allowed is a whole number from 1 to 64.")]
    [InlineData("API_REPLICAS", "65", "API_REPLICAS is \"65\"; allowed is a whole number from 1 to 64.")]
    [InlineData("API_REPLICAS", "many", "API_REPLICAS is \"many\"; allowed is a whole number from 1 to 64.")]
    [InlineData("DASHBOARD", "maybe", "DASHBOARD is \"maybe\"; allowed is true, false.")]
    [InlineData("EDGE_PORT", "65536", "EDGE_PORT is \"65536\"; allowed is a whole number from 1 to 65535.")]
    public async Task Setting_OutOfRange_StopsTheStartWithOneLine(string name, string value, string expected)
    {
        await using var appHost = AppHostProcess.Start((name, value));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldBe(expected);
    }

    [Theory]
    [InlineData("CUSTOM_BASE_URL", "not a url")]
    [InlineData("CUSTOM_FIRST_TOKEN_TIMEOUT", "soon")]
    [InlineData("LOG_LEVEL", "LOUD")]
    public async Task Setting_ThatTheApiRefuses_StopsTheStartAndShowsItsLine(string name, string value)
    {
        await using var appHost = AppHostProcess.Start((name, value));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldContain(name);
        appHost.Output.ShouldContain(value);
        appHost.Output.ShouldContain("The cluster cannot run: llm-api");
        ProcessTree.StartedBy(appHost.Process.Id).ShouldBeEmpty();
    }

    [Fact]
    public async Task EdgePort_InUse_StopsTheStartWithOneLineThatNamesIt()
    {
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        var port = ((IPEndPoint)occupied.LocalEndpoint).Port;

        await using var appHost = AppHostProcess.Start(("EDGE_PORT", $"{port}"));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);
        appHost.Output.ShouldBe(
            $"EDGE_PORT is {port}, a port that another process listens on: stop that process, perhaps a cluster, or set EDGE_PORT to another port.");
    }

    [Fact]
    public async Task Dcp_Missing_StopsTheStartWithOneLineThatNamesIt()
    {
        await using var appHost = AppHostProcess.Start(("ASPIRE_DCP_PATH", "/nonexistent"));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);
        appHost.Output.ShouldStartWith("error: ");
        appHost.Output.ShouldContain("/nonexistent");
        appHost.Output.ShouldNotContain("\n");
    }

    [Fact]
    public async Task FourReplicasWithoutDashboard_OverNewConnections_AllAnswer()
    {
        await using var appHost = await AppHostProcess.StartReadyAsync(("API_REPLICAS", "4"));

        var replicas = await ClusterTests.ReplicasAnswering(appHost.EdgeUrl, requests: 100);

        replicas.Count.ShouldBe(4);
        appHost.Output.ShouldNotContain("dashboard");
    }

    [Fact]
    public async Task Postgres_OfTheUser_HasTheStateOfAllReplicasAndNoSecretIsPrinted()
    {
        const string MasterKey = "a-master-key-of-the-users-own-0123456789";
        const string AdminPassword = "an-admins-own-password";
        await using var postgres = await PostgresServer.StartAsync();
        await using var appHost = await AppHostProcess.StartReadyAsync(
            ("ConnectionStrings__freegpt4", postgres.ConnectionString), ("MASTER_KEY", MasterKey), ("ADMIN_PASSWORD", AdminPassword));

        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync(Cancelled);
        await using var listeners = new NpgsqlCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'FreeGpt4' AND query LIKE '%FROM revisions%'", connection);
        await Eventually.IsTrue(async () => (long)(await listeners.ExecuteScalarAsync(Cancelled))! >= 2, Patience.Limit, "both replicas listen", Cancelled);
        foreach (var secret in (string[])[PostgresServer.Password, MasterKey, AdminPassword])
        {
            appHost.Output.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task DataDir_RelativeToTheCaller_IsThatOfAllReplicas()
    {
        using var folder = new TemporaryFolder();
        await using var appHost = await AppHostProcess.StartReadyAsync(
            ("DATA_DIR", Path.GetRelativePath(AppHostProcess.Folder, Path.Combine(folder.Path, "data"))));

        Directory.GetFiles(Path.Combine(folder.Path, "data")).Select(Path.GetFileName).ShouldBeSubsetOf(
            ["freegpt4.db", "freegpt4.db-wal", "freegpt4.db-shm", "master.key", "files.lock", "migration.lock", "first-start.lock", "admin-password.txt"]);
        File.Exists(Path.Combine(folder.Path, "data", "freegpt4.db")).ShouldBeTrue();
    }

    [Fact]
    public async Task CustomBaseUrl_Set_AnswersWithThatServer()
    {
        await using var upstream = await UpstreamServer.StartAsync(context => context.Response.WriteAsJsonAsync(new
        {
            id = "chatcmpl-upstream",
            @object = "chat.completion",
            created = 1700000000,
            model = "upstream-model",
            choices = new[] { new { index = 0, finish_reason = "stop", message = new { role = "assistant", content = "from the upstream" } } },
        }));
        await using var appHost = await AppHostProcess.StartReadyAsync(
            ("CUSTOM_BASE_URL", upstream.BaseUrl), ("CUSTOM_API_KEY", "sk-test-secret"),
            ("GROQ_BASE_URL", upstream.BaseUrl), ("GROQ_API_KEY", "sk-groq-secret"));
        using var client = new HttpClient { BaseAddress = appHost.EdgeUrl };

        using var response = await client.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "gpt-4o", messages = new[] { new { role = "user", content = "hi" } } }, Cancelled);

        (await response.Content.ReadAsStringAsync(Cancelled)).ShouldContain("from the upstream");
        response.Headers.GetValues("x-freegpt4-provider").ShouldBe(["Custom"]);

        using var groq = await client.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "groq/gpt-4o", messages = new[] { new { role = "user", content = "hi" } } }, Cancelled);

        groq.Headers.GetValues("x-freegpt4-provider").ShouldBe(["Groq"]);
        upstream.Chats.Select(chat => chat.Headers["Authorization"]).ShouldBe(["Bearer sk-test-secret", "Bearer sk-groq-secret"]);
        appHost.Output.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_BySignal_LeavesNoProcessAndNoPort(bool ctrlC)
    {
        Assert.SkipWhen(ctrlC && Signals.InterruptIsIgnored, "Ctrl+C is ignored by the shell that started the tests, and so by what they start.");
        await using var appHost = await AppHostProcess.StartReadyAsync(("DASHBOARD", "true"));
        var processes = ProcessTree.StartedBy(appHost.Process.Id);
        processes.Count.ShouldBeGreaterThan(5);

        if (ctrlC)
        {
            appHost.Process.SendInterrupt();
        }
        else
        {
            appHost.Process.SendTerminate();
        }

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(0);

        await Eventually.IsTrue(() => !processes.Any(ProcessTree.IsAlive), Patience.Limit, "every process of the cluster has ended", Cancelled);
        await Should.ThrowAsync<HttpRequestException>(() => new HttpClient().GetAsync(new Uri(appHost.EdgeUrl, "/health"), Cancelled));
    }

    [Fact]
    public async Task Stop_WhileStarting_IsQuietAndLeavesNoProcess()
    {
        await using var appHost = AppHostProcess.Start();
        await Eventually.IsTrue(() => ProcessTree.StartedBy(appHost.Process.Id).Count > 0, Patience.Limit, "DCP has been started", Cancelled);

        (await appHost.StopAsync()).ShouldBe(0);

        appHost.Output.ShouldNotContain("exception", Case.Insensitive);
        await Eventually.IsTrue(() => ProcessTree.StartedBy(appHost.Process.Id).Count == 0, Patience.Limit, "DCP has ended", Cancelled);
    }

    [Fact]
    public async Task Kill_OfTheAppHost_LeavesNoProcess()
    {
        await using var appHost = await AppHostProcess.StartReadyAsync(("DASHBOARD", "true"));
        var processes = ProcessTree.StartedBy(appHost.Process.Id);

        appHost.Process.Kill();

        await Eventually.IsTrue(() => !processes.Any(ProcessTree.IsAlive), Patience.Limit, "every process of the cluster has ended", Cancelled);
    }
}
