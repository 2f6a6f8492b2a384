using System.Diagnostics.CodeAnalysis;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;

namespace FreeGpt4.AppHost;

/// <summary>The settings of the cluster, from environment variables of the same names. A setting that is empty counts as absent.</summary>
internal sealed class ClusterSettings
{
    private const int MaximumReplicas = 64;
    private const string Dashboard = "DASHBOARD";

    private ClusterSettings(SettingsReader settings, bool isRun)
    {
        ApiReplicas = settings.Number("API_REPLICAS", 2, 1, MaximumReplicas);
        (EdgeKind, NginxProgram) = ReadEdge(settings);
        UsesPostgres = ReadDatabase(settings);
        settings.Flag(Dashboard, true);
        Edge.Read(settings);
        if (isRun && settings.Failures is [])
        {
            EdgePorts.Check(Edge, settings);
        }
    }

    /// <summary><c>API_REPLICAS</c>: processes of the LLM API behind the edge, 1 to 64.</summary>
    public int ApiReplicas { get; }

    /// <summary><c>EDGE</c>: what is run as the edge.</summary>
    public EdgeKind EdgeKind { get; }

    /// <summary>The path of the nginx to run, if one of this machine is the edge.</summary>
    public string? NginxProgram { get; }

    /// <summary><c>DATABASE</c>: whether the state is in a PostgreSQL that is started with the cluster.</summary>
    public bool UsesPostgres { get; }

    /// <summary>What the edge is told. It reads the same settings itself; they are checked here so that a bad one stops the start.</summary>
    public EdgeOptions Edge { get; } = new();

    /// <param name="isRun">Whether the edge will listen on this machine, and at once.</param>
    /// <param name="error">One line per setting that cannot be used: its name, its value, and what is allowed.</param>
    public static bool TryRead(
        IConfiguration configuration, bool isRun, [NotNullWhen(true)] out ClusterSettings? settings, [NotNullWhen(false)] out string? error)
    {
        var reader = new SettingsReader(configuration);
        var read = new ClusterSettings(reader, isRun);
        error = reader.Failures is [] ? null : string.Join(Environment.NewLine, reader.Failures);
        settings = error is null ? read : null;
        return settings is not null;
    }

    /// <summary><c>DASHBOARD</c>, which the builder has to know first of all; <see cref="TryRead"/> refuses what cannot be used.</summary>
    public static bool WantsDashboard(string[] args) =>
        new SettingsReader(new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build()).Flag(Dashboard, true);

    private static (EdgeKind Kind, string? NginxProgram) ReadEdge(SettingsReader settings)
    {
        var edge = settings.Text("EDGE", value => value is "auto" or "nginx" or "proxy" or "container" or "yarp", "auto, nginx, proxy, container or yarp") ?? "auto";
        var program = edge is "auto" or "nginx" ? Nginx.ProgramOn(settings.Text("PATH")) : null;
        if (edge is "nginx" && program is null)
        {
            settings.Refuse(
                "EDGE is \"nginx\", but there is no nginx on the PATH; install it (Debian: apt-get install nginx-light, "
                + "macOS: brew install nginx), add its folder to the PATH (Debian: /usr/sbin), or set EDGE=proxy.");
        }

        return edge switch
        {
            "container" => (EdgeKind.NginxContainer, null),
            "yarp" => (EdgeKind.YarpContainer, null),
            _ => program is null ? (EdgeKind.Proxy, null) : (EdgeKind.Nginx, program),
        };
    }

    private static bool ReadDatabase(SettingsReader settings)
    {
        var database = settings.Text("DATABASE", value => value is "sqlite" or "postgres", "sqlite or postgres");
        if (database is not null && settings.Text(StateSettingsExtensions.ConnectionString) is not null)
        {
            settings.Refuse($"DATABASE is \"{database}\", but ConnectionStrings__freegpt4 names a PostgreSQL to use; leave out one of the two.");
        }

        return database is "postgres";
    }
}
