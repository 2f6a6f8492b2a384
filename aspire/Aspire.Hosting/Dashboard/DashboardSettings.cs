using System.Net.Sockets;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Dashboard;

/// <summary>Where the dashboard listens and what it wants to see from those who call it.</summary>
/// <remarks>
/// Addresses come from <c>ASPNETCORE_URLS</c>, <c>ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL</c> and <c>ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL</c>,
/// as in the AppHost's launch profile; without them, or with port 0, they get free ports when the application starts. Keys are random unless configured, and live as
/// long as the AppHost.
/// </remarks>
internal sealed class DashboardSettings
{
    public const string ResourceServiceUrlKey = "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL";

    private const string UrlKey = "ASPNETCORE_URLS";
    private const string OtlpUrlKey = "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL";
    private const string AllowHttpKey = "ASPIRE_ALLOW_UNSECURED_TRANSPORT";

    private const string AppHostSuffix = ".AppHost";

    public DashboardSettings(IConfiguration configuration, DistributedApplicationOptions options, IHostEnvironment environment)
    {
        Enabled = !options.DisableDashboard;
        ApplicationName = options.DashboardApplicationName
            ?? (environment.ApplicationName.EndsWith(AppHostSuffix, StringComparison.Ordinal)
                ? environment.ApplicationName[..^AppHostSuffix.Length]
                : environment.ApplicationName);

        var allowHttp = options.AllowUnsecuredTransport || configuration.GetValue(AllowHttpKey, false);
        Frontend = Endpoint("http", configuration, UrlKey, allowHttp);
        Otlp = Endpoint("otlp-grpc", configuration, OtlpUrlKey, allowHttp);
        ResourceServicePort = LoopbackPort(configuration, ResourceServiceUrlKey, allowHttp);

        BrowserToken = configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] ?? RandomKey();
        OtlpApiKey = configuration["AppHost:OtlpApiKey"] ?? RandomKey();
        ApiKey = configuration["AppHost:DashboardApiKey"] ?? RandomKey();
        ResourceServiceApiKey = configuration["AppHost:ResourceService:ApiKey"] ?? RandomKey();
    }

    public bool Enabled { get; }

    /// <summary>The title of its pages.</summary>
    public string ApplicationName { get; }

    /// <summary>Where browsers come to.</summary>
    public EndpointAnnotation Frontend { get; }

    /// <summary>Where telemetry comes to, OTLP over gRPC.</summary>
    public EndpointAnnotation Otlp { get; }

    /// <summary>What a browser opens, without trailing slash. Known when endpoints have been allocated.</summary>
    public string Url => UrlOf(Frontend);

    /// <summary>Where telemetry is sent. Known when endpoints have been allocated.</summary>
    public string OtlpUrl => UrlOf(Otlp);

    public string BrowserToken { get; }

    public string OtlpApiKey { get; }

    /// <summary>The key of the dashboard's telemetry API (header <c>X-API-Key</c>).</summary>
    public string ApiKey { get; }

    /// <summary>Where the AppHost itself listens, for the dashboard; 0 for any free port.</summary>
    public int ResourceServicePort { get; }

    /// <summary>What the AppHost wants to see from the dashboard.</summary>
    public string ResourceServiceApiKey { get; }

    public string LoginUrl => $"{Url}/login?t={BrowserToken}";

    private static EndpointAnnotation Endpoint(string name, IConfiguration configuration, string key, bool allowHttp)
    {
        var url = Configured(configuration, key, allowHttp);
        return new(ProtocolType.Tcp, url?.Scheme ?? "http", name: name, port: url is null or { Port: 0 } ? null : url.Port, isProxied: false)
        {
            TargetHost = url?.Host ?? KnownHostNames.Localhost,
            Setting = key,
        };
    }

    private static string UrlOf(EndpointAnnotation endpoint) => endpoint.AllocatedEndpoint?.UriString
        ?? throw new InvalidOperationException($"The endpoint '{endpoint.Name}' of the dashboard has not been allocated yet.");

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

    /// <param name="setting">What the port comes from. A launch profile goes before the environment, the command line before both.</param>
    public static string PortInUse(int port, string setting) =>
        $"Port {port}, wanted by {setting}, is in use by another process: stop that process, or start with the argument --{setting}=http://localhost:… and another port.";

    private static string RandomKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
