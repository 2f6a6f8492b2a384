using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Containers;

/// <summary>
/// The cluster in containers, from <c>deploy/docker-compose.yaml</c> and the production images, under a name and at a port of its own. The tests of
/// the collection share it, one after the other; the model that it asks runs on this machine.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ComposeCluster : IAsyncLifetime, ICollectionFixture<ComposeCluster>
{
    public const string Name = "containers";

    internal const string AdminPassword = "an-admins-own-password";

    // Health is asked for often, so that who fails is noticed soon; each time is a process.
    private const string Hasty = """
        services:
          llm-api:
            healthcheck:
              interval: 5s
        """;

    private readonly ContainerEngine _engine = new(
        [
            "nginx:1.29-alpine", "mcr.microsoft.com/dotnet/aspnet:10.0", "mcr.microsoft.com/dotnet/sdk:10.0", "postgres:17",
            "mcr.microsoft.com/azurelinux/base/core:3.0", "mcr.microsoft.com/dotnet/nightly/yarp:2.3-preview",
        ],
        ["nginx.sh", "dotnet.sh", "postgres.sh", "tunnel.sh", "yarp.sh"],
        "--with-networks");

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePorts.Next();
    private readonly List<(string Name, string Value)> _environment = [];
    private UpstreamServer? _model;
    private string? _failure;

    /// <summary>Of the project: what belongs to it begins with it.</summary>
    internal string Project { get; } = $"fg4-{Guid.NewGuid().ToString("N")[..8]}";

    internal Uri Url => new($"http://127.0.0.1:{_port}");

    internal int ModelPort => _model!.Port;

    /// <summary>How long it took from a checkout to a cluster that is healthy, and what the script said meanwhile.</summary>
    internal TimeSpan StartTime { get; private set; }

    internal string StartOutput { get; private set; } = "";

    internal ContainerEngine Engine => _engine;

    // artifacts/bin/FreeGpt4.Tests/debug/ -> the top of the repository
    internal static string Repository => Path.GetFullPath("../../../..", AppContext.BaseDirectory);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _engine.InitializeAsync();
        if (_engine.WhyMissing is not null)
        {
            return;
        }

        _model = await ModelServer.StartAsync(IPAddress.Any);
        var hasty = Path.Combine(_folder.Path, "hasty.yaml");
        await File.WriteAllTextAsync(hasty, Hasty);
        _environment.AddRange(
        [
            ("COMPOSE_PROJECT_NAME", Project),
            ("COMPOSE_FILE", $"docker-compose.yaml:{hasty}"),
            ("LLM_API_IMAGE", $"{Project}/llm-api"),
            ("NGINX_IMAGE", $"{Project}/nginx"),
            ("EDGE_PORT", $"{_port}"),
            ("CUSTOM_BASE_URL", $"http://host.docker.internal:{_model.Port}/v1"),
            ("FALLBACK_PROVIDERS", "Custom"),
            ("ADMIN_PASSWORD", AdminPassword),
            ("ENABLE_REQUEST_LOGGING", "true"),
            ("RATE_LIMIT_API", "off"),
            ("RATE_LIMIT_SETTINGS", "off"),
            ("LOG_FILE_SIZE", "64K"),
            ("CONTAINER_LOG_SIZE", "20k"),
        ]);

        var clock = Stopwatch.StartNew();
        var (exitCode, output) = await _engine.RunAsync($"{Repository}/scripts/start-cluster.sh", _environment);
        (StartTime, StartOutput) = (clock.Elapsed, output);
        _failure = exitCode == 0 ? null : output;
    }

    public async ValueTask DisposeAsync()
    {
        if (_model is not null)
        {
            await RunAsync("docker compose --profile postgres down --volumes --timeout 5");
            await RunAsync($"docker image rm --force $(docker image ls --quiet '{Project}/*')");
            await _model.DisposeAsync();
        }

        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Skips the test where there is no engine; else brings the cluster to two healthy replicas, whatever the last test left.</summary>
    internal async Task RequireAsync()
    {
        _engine.Require();
        _failure.ShouldBeNull();
        await ScaleAsync(2);
    }

    internal Task ScaleAsync(int replicas, params (string Name, string Value)[] settings) =>
        ComposeAsync("up --detach --no-build --wait", [("API_REPLICAS", $"{replicas}"), .. settings]);

    /// <summary>Runs <c>docker compose</c> in <c>deploy/</c>.</summary>
    internal async Task<string> ComposeAsync(string arguments, params (string Name, string Value)[] settings)
    {
        var (exitCode, output) = await RunAsync($"docker compose {arguments}", settings);
        exitCode.ShouldBe(0, output);
        return output;
    }

    /// <summary>Runs a line of shell in <c>deploy/</c>, with the settings of this cluster.</summary>
    internal Task<(int ExitCode, string Output)> RunAsync(string command, params (string Name, string Value)[] settings) =>
        _engine.RunAsync($"cd '{Repository}/deploy' && {command}", [.. _environment, .. settings]);

    /// <summary>The ids of the containers of a service.</summary>
    internal async Task<string[]> ContainersAsync(string service) =>
        (await ComposeAsync($"ps --quiet {service}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    internal async Task<JsonNode> InspectAsync(string container) =>
        JsonNode.Parse(await _engine.DockerAsync($"inspect {container}"))![0]!;

    /// <summary>Sends the process of a replica a signal, from within; it is the only child of the container's init.</summary>
    internal Task SignalAsync(string replica, string signal) =>
        _engine.DockerAsync($"exec {replica} sh -c 'kill -{signal} $(cat /proc/1/task/1/children)'");

    /// <summary>Waits until the engine has started the container again that often, and it is healthy.</summary>
    internal async Task WaitUntilHealthyAsync(string container, int restarts) => await Eventually.IsTrue(
        async () => await InspectAsync(container) is var now && now["RestartCount"]!.GetValue<int>() >= restarts
            && now["State"]!["Health"]!["Status"]!.GetValue<string>() == "healthy",
        Patience.Limit, $"{container} has started {restarts} times again and is healthy", Cancelled);

    internal HttpClient Client() => new() { BaseAddress = Url };
}
