using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>What the cluster is where it is deployed.</summary>
public sealed partial class PublishedClusterTests(PublishedClusterTests.Fixture fixture) : IClassFixture<PublishedClusterTests.Fixture>
{
    private JsonObject Services => fixture.Cluster.Compose["services"]!.AsObject();

    private JsonNode Api => Services["llm-api"]!;

    [Fact]
    public void Ports_OfTheCluster_AreTheEdgesAndForThisMachineTheDashboards()
    {
        var ports = Services.Where(service => service.Value!["ports"] is not null).Select(service => $"{service.Key} {service.Value!["ports"]!.ToJsonString()}");

        ports.ShouldBe(
            ["nginx [\"${EDGE_PORT:-15432}:15432\"]", "dashboard [\"127.0.0.1:${DASHBOARD_PORT:-18888}:18888\"]"], ignoreOrder: true);
    }

    [Fact]
    public void Networks_OfServices_LeaveTheApiToTheEdgeAndToTheWayOut()
    {
        Networks("llm-api").ShouldBe(["internal", "egress"], ignoreOrder: true);
        Networks("nginx").ShouldBe(["external", "internal"], ignoreOrder: true);
        Networks("postgres").ShouldBe(["internal"]);
        Services.Select(service => service.Key).Where(name => Networks(name).Contains("egress")).ShouldBe(["llm-api"]);
        Api["networks"]!["internal"]!["aliases"]!.ToJsonString().ShouldBe("[\"api\"]");

        var networks = fixture.Cluster.Compose["networks"]!.AsObject();
        networks["internal"]!["internal"]!.GetValue<string>().ShouldBe("true");
        networks.Where(network => network.Value?["internal"] is not null).Select(network => network.Key).ShouldBe(["internal"]);
    }

    [Fact]
    public void Api_OfTheComposeFile_IsScaledLimitedAndCheckedByVariables()
    {
        Api["deploy"]!.ToJsonString().ShouldBe(
            """
            {"replicas":"${API_REPLICAS:-2}","resources":{"limits":{"memory":"${API_MEMORY_LIMIT:-512M}"},"reservations":{"memory":"${API_MEMORY_RESERVATION:-256M}"}}}
            """.Trim());
        Api["healthcheck"]!["interval"]!.GetValue<string>().ShouldBe("30s");
        Api["healthcheck"]!["start_interval"]!.GetValue<string>().ShouldBe("2s");
        Api["healthcheck"]!["test"]!.ToJsonString().ShouldContain("http://127.0.0.1:5500/models");
        Api["build"]!.ToJsonString().ShouldBe("""{"context":"..","dockerfile":"FreeGpt4.LlmApi/Dockerfile"}""");
        Services["nginx"]!["depends_on"]!["llm-api"]!["condition"]!.GetValue<string>().ShouldBe("service_healthy");
        Api["depends_on"]!["postgres"]!["required"]!.GetValue<string>().ShouldBe("false");
    }

    [Fact]
    public void Services_OfTheComposeFile_MayDoLittleAndComeBack()
    {
        foreach (var (name, service) in Services)
        {
            service!["cap_drop"]!.ToJsonString().ShouldBe("[\"ALL\"]", name);
            service["security_opt"]!.ToJsonString().ShouldBe("[\"no-new-privileges:true\"]", name);
            service["read_only"]!.GetValue<string>().ShouldBe("true", name);
            service["init"]!.GetValue<string>().ShouldBe("true", name);
            service["restart"]!.GetValue<string>().ShouldBe("unless-stopped", name);
            service["deploy"]?["restart_policy"].ShouldBeNull(name);
            service["logging"]!["options"]!["max-size"]!.GetValue<string>().ShouldBe("${CONTAINER_LOG_SIZE:-10m}", name);
        }

        Services.Where(service => service.Value!["profiles"] is not null).Select(service => $"{service.Key}: {service.Value!["profiles"]!.ToJsonString()}")
            .ShouldBe(["postgres: [\"postgres\"]", "dashboard: [\"dashboard\"]"], ignoreOrder: true);
    }

    [Fact]
    public void Settings_OfTheReadme_AreVariablesOfTheComposeFile()
    {
        // Of a machine where the cluster runs without containers, and what is in such a table but is no setting.
        string[] others =
        [
            "EDGE", "DASHBOARD", "DATABASE", "DATA_DIR", "LOG_DIR", "PROVIDERS_FILE", "EDGE_LISTEN", "ConnectionStrings__freegpt4", "TLS_CERTIFICATE",
            "TLS_CERTIFICATE_KEY", "GET", "TRACE",
        ];
        var readme = File.ReadAllText(Path.Combine(Repository.Path, "README.md"));
        var settings = SettingInTheReadme().Matches(readme).Select(match => match.Groups[1].Value).Where(name => !others.Contains(name)).Distinct().ToArray();
        settings.Length.ShouldBeGreaterThan(25);

        var text = fixture.Cluster.ComposeText;
        settings.Where(name => !text.Contains($"${{{name}:-", StringComparison.Ordinal)).ShouldBeEmpty();
        foreach (var suffix in (string[])["API_KEY", "BASE_URL", "MODELS", "FIRST_TOKEN_TIMEOUT", "REQUESTS_PER_MINUTE"])
        {
            text.ShouldContain($"GROQ_{suffix}: ${{GROQ_{suffix}:-}}");
        }
    }

    [Fact]
    public void Env_OfTheCluster_HasNamesOfTheComposeFileAndNoValues()
    {
        fixture.Cluster.Variables.ShouldNotBeEmpty();
        fixture.Cluster.Env.Split('\n').Where(line => line is not "" && !line.StartsWith('#')).ShouldAllBe(line => line.EndsWith('='));
        // Other files have the rest.
        string[] others = ["COMPOSE_PROFILES", "POSTGRES_REPLICAS", "TLS_FOLDER", "TLS_PORT", "TLS_REDIRECT"];
        fixture.Cluster.Variables.Except(others)
            .Where(name => !fixture.Cluster.ComposeText.Contains($"${{{name}:", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Stack_ForSwarm_HasNothingThatSwarmRefusesAndRestartsEverything()
    {
        var services = fixture.Cluster.Stack["services"]!.AsObject();
        services.Select(service => service.Key).ShouldBe(["llm-api", "nginx", "postgres"], ignoreOrder: true);
        foreach (var (name, service) in services)
        {
            foreach (var unknown in (string[])["build", "depends_on", "profiles", "restart", "security_opt", "tmpfs"])
            {
                service![unknown].ShouldBeNull($"{unknown} of {name}");
            }

            service!["deploy"]!["restart_policy"]!["condition"]!.GetValue<string>().ShouldBe("any", name);
        }

        services["nginx"]!["ports"]![0]!["mode"]!.GetValue<string>().ShouldBe("host");
        fixture.Cluster.StackText.ShouldContain("start_period");
        // Swarm would read these wrongly, and not refuse them: a variable within another's default, and a hyphen in what a missing one is told with.
        fixture.Cluster.StackText.ShouldNotMatch(@"\$\{[^}]*\$");
        fixture.Cluster.StackText.ShouldNotMatch(@"\$\{\w+:\?[^}]*-");
    }

    [Fact]
    public async Task Machine_ThatPublishes_LeavesNothingOfItsOwn()
    {
        using var folder = new TemporaryFolder();
        using var published = await PublishedCluster.WriteAsync(
            ("API_REPLICAS", "many"), ("EDGE", "nowhere"), ("EDGE_PORT", "1234"), ("PROVIDER", "Groq"), ("DATABASE", "postgres"), ("DATA_DIR", folder.Path),
            ("GROQ_API_KEY", $"groq-{LeakWatch.Secret}"), ("MASTER_KEY", $"master-{LeakWatch.Secret}"), ("ADMIN_PASSWORD", $"admin-{LeakWatch.Secret}"),
            ("Parameters__groq-api-key", $"parameter-{LeakWatch.Secret}"), ("Parameters__provider", "Mistral"), ("PROXIES", "http://proxy.test"),
            ("ConnectionStrings__freegpt4", $"Host=db.test;Password={LeakWatch.Secret}"), ("CUSTOM_BASE_URL", "http://custom.test/v1"));

        published.ComposeText.ShouldBe(fixture.Cluster.ComposeText);
        published.StackText.ShouldBe(fixture.Cluster.StackText);
        published.Env.ShouldBe(fixture.Cluster.Env);
        // Both are in temporary folders, so that the ways from there to the projects are the same.
        published.ManifestText.ShouldBe(fixture.Cluster.ManifestText);
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Env_ThatWasFilledIn_KeepsItsValues()
    {
        using var published = await PublishedCluster.WriteAsync();
        var path = Path.Combine(published.Folder, ".env");
        await File.WriteAllTextAsync(path, "# mine\nPROVIDER=Groq\nOWN=1\n", TestContext.Current.CancellationToken);

        (await ToolProcess.RunAsync(AppHostProcess.Program, ["--operation", "publish", "--output-path", published.Folder])).ExitCode.ShouldBe(0);

        published.Env.ShouldContain("PROVIDER=Groq\n");
        published.Env.ShouldContain("OWN=1\n");
        published.Variables.ShouldContain("API_REPLICAS");
    }

    private IEnumerable<string> Networks(string service) => Services[service]!["networks"] switch
    {
        JsonObject networks => networks.Select(network => network.Key),
        JsonArray networks => networks.Select(network => network!.GetValue<string>()),
        _ => [],
    };

    [GeneratedRegex(@"^\| (?:[^|]*\| [^|]*\| )?`([A-Z][A-Za-z0-9_]+)`", RegexOptions.Multiline)]
    private static partial Regex SettingInTheReadme();

    /// <summary>Published once for all that look at it.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal PublishedCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await PublishedCluster.WriteAsync();

        public ValueTask DisposeAsync()
        {
            Cluster.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
