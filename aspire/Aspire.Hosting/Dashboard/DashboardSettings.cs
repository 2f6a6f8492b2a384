using System.Security.Cryptography;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Dashboard;

/// <summary>Where the dashboard listens and what it wants to see from those who call it.</summary>
/// <remarks>
/// Addresses come from <c>ASPNETCORE_URLS</c>, <c>ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL</c> and <c>ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL</c>,
/// as in the AppHost's launch profile; without them, or with port 0, free ports are taken. Keys are random unless configured, and live as
/// long as the AppHost.
/// </remarks>
internal sealed class DashboardSettings
{
    public const string ResourceServiceUrlKey = "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL";

    private const string UrlKey = "ASPNETCORE_URLS";
    private const string OtlpUrlKey = "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL";
    private const string AllowHttpKey = "ASPIRE_ALLOW_UNSECURED_TRANSPORT";

    private const string AppHostSuffix = ".AppHost";

    public DashboardSettings(IConfiguration configuration, DistributedApplicationOptions options, IHostEnvironment environment, LoopbackPorts ports)
    {
        Enabled = !options.DisableDashboard;
        ApplicationName = options.DashboardApplicationName
            ?? (environment.ApplicationName.EndsWith(AppHostSuffix, StringComparison.Ordinal)
                ? environment.ApplicationName[..^AppHostSuffix.Length]
                : environment.ApplicationName);

        var allowHttp = options.AllowUnsecuredTransport || configuration.GetValue(AllowHttpKey, false);
        Url = Address(configuration, UrlKey, allowHttp, ports);
        OtlpUrl = Address(configuration, OtlpUrlKey, allowHttp, ports);

        ResourceServicePort = LoopbackPort(configuration, ResourceServiceUrlKey, allowHttp);

        BrowserToken = configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] ?? RandomKey();
        OtlpApiKey = configuration["AppHost:OtlpApiKey"] ?? RandomKey();
        ApiKey = configuration["AppHost:DashboardApiKey"] ?? RandomKey();
        ResourceServiceApiKey = configuration["AppHost:ResourceService:ApiKey"] ?? RandomKey();
    }

    public bool Enabled { get; }

    /// <summary>The title of its pages.</summary>
    public string ApplicationName { get; }

    /// <summary>What a browser opens, without trailing slash.</summary>
    public string Url { get; }

    /// <summary>Where telemetry goes, OTLP over gRPC.</summary>
    public string OtlpUrl { get; }

    public string BrowserToken { get; }

    public string OtlpApiKey { get; }

    /// <summary>The key of the dashboard's telemetry API (header <c>X-API-Key</c>).</summary>
    public string ApiKey { get; }

    /// <summary>Where the AppHost itself listens, for the dashboard; 0 for any free port.</summary>
    public int ResourceServicePort { get; }

    /// <summary>What the AppHost wants to see from the dashboard.</summary>
    public string ResourceServiceApiKey { get; }

    public string LoginUrl => $"{Url}/login?t={BrowserToken}";

    private static string Address(IConfiguration configuration, string key, bool allowHttp, LoopbackPorts ports)
    {
        var url = Configured(configuration, key, allowHttp);
        return $"{url?.Scheme ?? "http"}://{url?.Host ?? "localhost"}:{(url is null or { Port: 0 } ? ports.Next() : url.Port)}";
    }

    private static int LoopbackPort(IConfiguration configuration, string key, bool allowHttp) => Configured(configuration, key, allowHttp) switch
    {
        null => 0,
        { Scheme: "http", IsLoopback: true } url => url.Port,
        var url => throw new DistributedApplicationException(
            $"{key} is '{url.OriginalString}': the local Aspire.Hosting serves it over plain HTTP on loopback only; use a URL such as http://localhost:18890."),
    };

    private static Uri? Configured(IConfiguration configuration, string key, bool allowHttp)
    {
        if (configuration[key]?.Split(';')[0] is not { Length: > 0 } configured)
        {
            return null;
        }

        if (!Uri.TryCreate(configured, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new DistributedApplicationException($"{key} is '{configured}', which is not a URL such as http://localhost:15888.");
        }

        return url.Scheme == "http" && !allowHttp
            ? throw new DistributedApplicationException($"{key} is '{configured}': plain HTTP needs {AllowHttpKey}=true, otherwise use an https URL.")
            : url;
    }

    private static string RandomKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
