using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Dcp;

/// <summary>Where DCP and the dashboard are: a setting, else an environment variable, else what the build wrote into the AppHost.</summary>
internal static class DcpPaths
{
    private const string DcpFileName = "dcp";

    /// <returns>The <c>dcp</c> program.</returns>
    /// <exception cref="DistributedApplicationException">No place is given, or the file is not there.</exception>
    public static string FindDcp(IConfiguration configuration, Assembly? appHost) => Find(
        "DCP, which runs the resources,",
        new(configuration["DcpPublisher:CliPath"], "DcpPublisher:CliPath"),
        new(FromEnvironment(configuration, "ASPIRE_DCP_PATH") is { } folder ? Path.Combine(folder, DcpFileName) : null, "ASPIRE_DCP_PATH"),
        new(FromBuild(appHost, "dcpclipath"), "the build of the AppHost"));

    /// <returns>The <c>aspire-managed</c> program, which is the dashboard when its first argument is <c>dashboard</c>.</returns>
    /// <exception cref="DistributedApplicationException">No place is given, or the file is not there.</exception>
    public static string FindDashboard(IConfiguration configuration, Assembly? appHost) => Find(
        "The dashboard",
        new(configuration["DcpPublisher:DashboardPath"], "DcpPublisher:DashboardPath"),
        new(FromEnvironment(configuration, "ASPIRE_DASHBOARD_PATH"), "ASPIRE_DASHBOARD_PATH"),
        new(FromBuild(appHost, "aspiredashboardpath"), "the build of the AppHost"));

    private static string Find(string what, params ReadOnlySpan<Candidate> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (string.IsNullOrEmpty(candidate.Path))
            {
                continue;
            }

            return File.Exists(candidate.Path)
                ? Path.GetFullPath(candidate.Path)
                : throw new DistributedApplicationException(
                    $"{what} is not at '{candidate.Path}', where {candidate.Source} says it is: " +
                    "build the AppHost again to install it, or correct the path.");
        }

        throw new DistributedApplicationException(
            $"{what} is not installed: build the AppHost with npm on the PATH, which installs it, or set " +
            $"{candidates[1].Source} to where it is.");
    }

    private static string? FromEnvironment(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } value ? value
        : Environment.GetEnvironmentVariable(name) is { Length: > 0 } variable ? variable
        : null;

    private static string? FromBuild(Assembly? appHost, string key) =>
        appHost?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => string.Equals(attribute.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;

    private readonly record struct Candidate(string? Path, string Source);
}
