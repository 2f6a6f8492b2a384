using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Aspire.Dashboard;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Containers;

/// <summary>The cluster with its state in a PostgreSQL that it starts in a container.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PostgresContainerTests(ContainerEngine engine) : IClassFixture<ContainerEngine>
{
    private const string AdminPassword = "an-admins-own-password";
    private const string ResourceServiceKey = "test-resource-service-key";

    private readonly string _resourceServiceUrl = $"http://localhost:{FreePorts.Next()}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_StartedAgain_HasWhatWasStoredAndLeavesOnlyTheVolume()
    {
        engine.Require();
        using var folder = new TemporaryFolder();
        var before = await LeftByClustersAsync();
        var volumes = await VolumesAsync();

        await using (var appHost = await AppHostProcess.StartReadyAsync(Environment(folder)))
        {
            using var client = new HttpClient { BaseAddress = appHost.EdgeUrl };
            await StoreAsync(client, new { KEYWORD = "frage" });
            (await client.GetStringAsync("/?frage=hi", Cancelled)).ShouldContain("demo", Case.Insensitive);

            await ShowsTheContainerAsync(await PasswordAsync(folder));
            await RefusesAnotherClusterAsync(folder);
            await RestartsTheContainerAsync();
            await StoreAsync(client, new { SYSTEM_PROMPT = "stored after the restart" });
            await StopsAndTellsNothingSecretAsync(appHost, folder);
        }

        (await LeftByClustersAsync()).ShouldBe(before);

        var password = await PasswordAsync(folder);
        await using (var appHost = await AppHostProcess.StartReadyAsync(Environment(folder)))
        {
            using var client = new HttpClient { BaseAddress = appHost.EdgeUrl };
            (await client.GetStringAsync("/?frage=hi", Cancelled)).ShouldContain("demo", Case.Insensitive);
            await StopsAndTellsNothingSecretAsync(appHost, folder);
        }

        (await PasswordAsync(folder)).ShouldBe(password);
        await RefusesAnotherPasswordAsync(folder, password);
        (await LeftByClustersAsync()).ShouldBe(before);
        var volume = (await VolumesAsync()).Except(volumes).ShouldHaveSingleItem();
        volume.ShouldStartWith("freegpt4-postgres-");
        await engine.DockerAsync($"volume rm {volume}");
    }

    private (string Name, string Value)[] Environment(TemporaryFolder folder) =>
    [
        .. engine.Environment,
        ("DATABASE", "postgres"),
        ("DATA_DIR", Path.Combine(folder.Path, "data")),
        ("ADMIN_PASSWORD", AdminPassword),
        // The folder of the user secrets.
        ("APPDATA", folder.Path),
        ("DASHBOARD", "true"),
        ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
        ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", _resourceServiceUrl),
        ("AppHost__ResourceService__ApiKey", ResourceServiceKey),
    ];

    private static async Task StoreAsync(HttpClient client, object settings)
    {
        using var login = await client.PostAsJsonAsync("/api/login", new { username = "admin", password = AdminPassword }, Cancelled);
        login.EnsureSuccessStatusCode();
        client.DefaultRequestHeaders.Remove("x-antiforgery-token");
        var session = await login.Content.ReadFromJsonAsync<JsonObject>(Cancelled);
        client.DefaultRequestHeaders.Add("x-antiforgery-token", session!["antiforgeryToken"]!.GetValue<string>());
        using var stored = await client.PutAsJsonAsync("/api/settings", settings, Cancelled);
        stored.EnsureSuccessStatusCode();
    }

    private async Task ShowsTheContainerAsync(string password)
    {
        using var dashboard = new DashboardClient(_resourceServiceUrl, ResourceServiceKey);
        var rows = await dashboard.WaitForAsync(
            rows => rows.Values.Any(row => row.DisplayName == "postgres" && row.Property("resource.healthState") == "Healthy"), Cancelled);

        var postgres = rows.Values.Single(row => row.DisplayName == "postgres");
        (postgres.ResourceType, postgres.State, postgres.StateStyle).ShouldBe(("Container", "Running", "success"));
        postgres.Property("container.image").ShouldBe("postgres:17");
        (await engine.DockerAsync("ps --no-trunc --quiet")).ShouldContain(postgres.Property("container.id")!);
        postgres.Urls.ShouldHaveSingleItem().FullUrl.ShouldStartWith("tcp://localhost:");
        postgres.Volumes.ShouldHaveSingleItem().Target.ShouldBe("/var/lib/postgresql/data");
        await dashboard.WaitForLineAsync(postgres.Name, "database system is ready to accept connections", afterLine: 0, Cancelled);

        var replica = rows.Values.First(row => row.DisplayName == "llm-api");
        replica.Environment.Single(variable => variable.Name == "ConnectionStrings__freegpt4").Value.ShouldBe("********");
        rows.Values.Where(row => row.ResourceType != "Parameter").ShouldAllBe(row => !row.ToString().Contains(password));
        foreach (var row in rows.Values)
        {
            await foreach (var line in dashboard.LogAsync(row.Name, follow: false, Cancelled))
            {
                line.Text.ShouldNotContain(password);
            }
        }
    }

    private async Task RestartsTheContainerAsync()
    {
        using var dashboard = new DashboardClient(_resourceServiceUrl, ResourceServiceKey);
        var former = (await dashboard.WaitForAsync(rows => rows.Values.Any(row => row.DisplayName == "postgres"), Cancelled))
            .Values.Single(row => row.DisplayName == "postgres");

        (await dashboard.ExecuteAsync("restart", former, Cancelled)).Message.ShouldBe($"Restarted {former.Name}.");

        var restarted = await dashboard.WaitUntilHealthyAsync(former.Name, Cancelled);
        restarted.Property("container.id").ShouldNotBe(former.Property("container.id"));
    }

    private async Task RefusesAnotherClusterAsync(TemporaryFolder folder)
    {
        await using var other = AppHostProcess.Start(
            [.. Environment(folder).Where(variable => variable.Name != "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL")]);

        (await other.WaitForExitAsync(Cancelled)).ShouldBe(1);
        other.Output.ShouldBe(
            $"error: DATA_DIR is \"{folder.Path}/data\", whose PostgreSQL another cluster runs; stop that cluster, or give this one another DATA_DIR.");
    }

    private async Task RefusesAnotherPasswordAsync(TemporaryFolder folder, string password)
    {
        var (file, other) = (SecretsOf(folder), new string('x', 32));
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancelled)).Replace(password, other), Cancelled);
        await using var appHost = AppHostProcess.Start(Environment(folder));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldContain("was made with another password than that in the user secrets. Put it back with 'dotnet user-secrets set Parameters:postgres-password");
        appHost.Output.ShouldNotContain(other);
    }

    private static async Task StopsAndTellsNothingSecretAsync(AppHostProcess appHost, TemporaryFolder folder)
    {
        (await appHost.StopAsync()).ShouldBe(0);
        appHost.Output.ShouldNotContain(await PasswordAsync(folder));
    }

    private static async Task<string> PasswordAsync(TemporaryFolder folder)
    {
        var file = SecretsOf(folder);
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var secrets = JsonNode.Parse(await File.ReadAllTextAsync(file, Cancelled))!;
        return secrets["Parameters:postgres-password"]!.GetValue<string>();
    }

    private static string SecretsOf(TemporaryFolder folder) => Path.Combine(folder.Path, "Microsoft", "UserSecrets", "freegpt4-apphost", "secrets.json");

    private async Task<string> LeftByClustersAsync() =>
        await engine.DockerAsync("ps --all --filter name=freegpt4-postgres --quiet") + await engine.DockerAsync("network ls --filter name=aspire-FreeGpt4 --quiet");

    private async Task<string[]> VolumesAsync() => (await engine.DockerAsync("volume ls --quiet")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
