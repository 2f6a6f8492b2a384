using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FreeGpt4.ServiceDefaults.Settings;

/// <summary>The settings of the edge: FreeGpt4.Proxy is run by them, and the AppHost checks them before it starts whichever edge it is.</summary>
public sealed class EdgeOptions
{
    private static readonly Dictionary<string, bool> Listen = new() { ["loopback"] = false, ["any"] = true };
    private static readonly Dictionary<string, bool> Sticky = new() { ["ip"] = true, ["off"] = false };

    /// <summary>The port, when no URL to listen on is configured.</summary>
    public int Port { get; set; } = 15432;

    /// <summary>On every address of the machine, not only on its two loopback addresses.</summary>
    public bool ListensToAny { get; set; }

    /// <summary>
    /// How many connections to a replica are kept open for later requests. With 0 every request has a connection of its own, for an
    /// address that balances by connection: a kept one would pin the edge to the replica behind it.
    /// </summary>
    public int KeptConnections { get; set; } = 32;

    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a replica may be silent. Longer than its longest wait for a provider.</summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>In bytes. A larger request body is refused with status 413.</summary>
    public long MaxBodySize { get; set; } = 16 << 20;

    /// <summary>The time for one request of a client, or null for no limit.</summary>
    public TimeSpan? ApiInterval { get; set; } = TimeSpan.FromSeconds(1) / 10;

    /// <summary>How many requests of a client may come before their time.</summary>
    public int ApiBurst { get; set; } = 20;

    /// <inheritdoc cref="ApiInterval"/>
    public TimeSpan? SettingsInterval { get; set; } = TimeSpan.FromMinutes(1) / 5;

    /// <inheritdoc cref="ApiBurst"/>
    public int SettingsBurst { get; set; } = 5;

    /// <summary>Web pages of these origins may read answers: <c>*</c> alone for all, nothing for none.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = ["*"];

    /// <summary>Who is believed about the address of a client.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; set; } = [];

    /// <summary>A client address stays with one replica.</summary>
    public bool IsSticky { get; set; }

    /// <summary>A replica that fails that often within <see cref="FailTimeout"/> is set aside for the same time. 0: never.</summary>
    public int MaxFails { get; set; } = 3;

    /// <summary>Null: a replica is never set aside.</summary>
    public TimeSpan? FailTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A PEM file. Null: no TLS.</summary>
    public string? TlsCertificate { get; set; }

    public string? TlsCertificateKey { get; set; }

    public int TlsPort { get; set; } = 15443;

    /// <summary>Without TLS only probes are answered; everything else is sent to the TLS port.</summary>
    public bool RedirectsToTls { get; set; }

    /// <summary>The folder of log files. Null: none are written.</summary>
    public string? LogFolder { get; set; }

    /// <summary>In bytes. A larger log file is rotated.</summary>
    public long LogFileSize { get; set; } = 10 << 20;

    /// <summary>How many files of a log are kept, the current one included.</summary>
    public int LogFileCount { get; set; } = 5;

    /// <summary>Reads all settings by the names of their environment variables. What is bad is kept in the reader.</summary>
    public void Read(SettingsReader settings)
    {
        Port = settings.Number("EDGE_PORT", Port, 1, 65535);
        ListensToAny = settings.OneOf("EDGE_LISTEN", ListensToAny, Listen);

        ConnectTimeout = settings.Duration("UPSTREAM_CONNECT_TIMEOUT", ConnectTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        ReadTimeout = settings.Duration("UPSTREAM_READ_TIMEOUT", ReadTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        KeptConnections = settings.Number("UPSTREAM_KEEPALIVE", KeptConnections, 0, 10_000);
        IsSticky = settings.OneOf("STICKY", IsSticky, Sticky);
        // nginx's names: the same setting for both edges.
        MaxFails = settings.NumberOrOff("NGINX_MAX_FAILS", MaxFails, 1000);
        FailTimeout = settings.SecondsOrOff("NGINX_FAIL_TIMEOUT", FailTimeout!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));

        MaxBodySize = settings.Size("MAX_BODY_SIZE", MaxBodySize, 1 << 10, 1L << 30);
        ApiInterval = settings.RateOrOff("RATE_LIMIT_API", ApiInterval!.Value);
        ApiBurst = settings.NumberOrOff("RATE_LIMIT_BURST", ApiBurst, 100_000);
        SettingsInterval = settings.RateOrOff("RATE_LIMIT_SETTINGS", SettingsInterval!.Value);
        SettingsBurst = settings.NumberOrOff("RATE_LIMIT_SETTINGS_BURST", SettingsBurst, 100_000);
        CorsOrigins = settings.Origins("CORS_ORIGINS", CorsOrigins);
        TrustedProxies = settings.Networks("TRUSTED_PROXIES");

        ReadTls(settings);

        LogFolder = settings.Text("LOG_DIR");
        LogFileSize = settings.Size("LOG_FILE_SIZE", LogFileSize, 64 << 10, 1L << 30);
        LogFileCount = settings.Number("LOG_FILE_COUNT", LogFileCount, 1, 100);
    }

    private void ReadTls(SettingsReader settings)
    {
        TlsCertificate = settings.Text("TLS_CERTIFICATE", File.Exists, "the path of a PEM file that has the certificate and its chain");
        TlsCertificateKey = settings.Text("TLS_CERTIFICATE_KEY", File.Exists, "the path of a PEM file that has the key of TLS_CERTIFICATE");
        TlsPort = settings.Number("TLS_PORT", TlsPort, 1, 65535);
        RedirectsToTls = settings.Flag("TLS_REDIRECT", RedirectsToTls);

        var (hasCertificate, hasKey) = (settings.Text("TLS_CERTIFICATE") is not null, settings.Text("TLS_CERTIFICATE_KEY") is not null);
        if (hasCertificate != hasKey)
        {
            settings.Refuse(hasKey
                ? "TLS_CERTIFICATE is \"\"; allowed is the certificate of TLS_CERTIFICATE_KEY: both are set, or none."
                : "TLS_CERTIFICATE_KEY is \"\"; allowed is the key of TLS_CERTIFICATE: both are set, or none.");
        }

        if (!hasCertificate && !hasKey && RedirectsToTls)
        {
            settings.Refuse("TLS_REDIRECT is \"true\"; allowed is false, as long as TLS_CERTIFICATE is not set.");
        }

        if (TlsCertificate is { } certificate && TlsCertificateKey is { } key)
        {
            if (TlsPort == Port)
            {
                settings.Refuse($"TLS_PORT is \"{TlsPort}\"; allowed is another port than EDGE_PORT.");
            }

            if (WhyNotPair(certificate, key) is { } reason)
            {
                settings.Refuse(
                    $"TLS_CERTIFICATE_KEY is \"{key}\"; allowed is the key, without a password, of the certificate in TLS_CERTIFICATE ({reason}).");
            }
        }
    }

    private static string? WhyNotPair(string certificate, string key)
    {
        try
        {
            X509Certificate2.CreateFromPemFile(certificate, key).Dispose();
            return null;
        }
        catch (Exception bad) when (bad is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return bad.Message.ReplaceLineEndings(" ").TrimEnd('.');
        }
    }
}
