using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FreeGpt4.ServiceDefaults.Settings;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Tests.Proxy;

public sealed class EdgeOptionsTests
{
    [Fact]
    public void Options_NothingSet_AreThoseOfTheReadme()
    {
        var options = Read();

        options.Port.ShouldBe(15432);
        options.ListensToAny.ShouldBeFalse();
        options.KeptConnections.ShouldBe(32);
        options.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(5));
        options.ReadTimeout.ShouldBe(TimeSpan.FromMinutes(10));
        options.MaxBodySize.ShouldBe(16 << 20);
        options.ApiInterval.ShouldBe(TimeSpan.FromMilliseconds(100));
        options.ApiBurst.ShouldBe(20);
        options.SettingsInterval.ShouldBe(TimeSpan.FromSeconds(12));
        options.SettingsBurst.ShouldBe(5);
        options.CorsOrigins.ShouldBe(["*"]);
        options.TrustedProxies.ShouldBeEmpty();
        options.IsSticky.ShouldBeFalse();
        options.MaxFails.ShouldBe(3);
        options.FailTimeout.ShouldBe(TimeSpan.FromSeconds(5));
        options.TlsCertificate.ShouldBeNull();
        options.TlsPort.ShouldBe(15443);
        options.RedirectsToTls.ShouldBeFalse();
        options.LogFolder.ShouldBeNull();
        options.LogFileSize.ShouldBe(10 << 20);
        options.LogFileCount.ShouldBe(5);
    }

    [Theory]
    [InlineData("10r/s", 100.0)]
    [InlineData("5r/m", 12_000.0)]
    [InlineData("100000r/s", 0.01)]
    [InlineData("off", null)]
    public void Rate_Good_IsTheTimeForOneRequest(string value, double? expectedMilliseconds)
        => Read(("RATE_LIMIT_API", value)).ApiInterval?.TotalMilliseconds.ShouldBe(expectedMilliseconds!.Value);

    [Fact]
    public void Off_WhereItIsAllowed_IsRead()
    {
        var options = Read(
            ("RATE_LIMIT_API", "off"), ("RATE_LIMIT_BURST", "off"), ("RATE_LIMIT_SETTINGS", "OFF"), ("RATE_LIMIT_SETTINGS_BURST", "off"),
            ("CORS_ORIGINS", "off"), ("TRUSTED_PROXIES", "off"), ("STICKY", "off"), ("NGINX_MAX_FAILS", "off"), ("NGINX_FAIL_TIMEOUT", "off"));

        options.ApiInterval.ShouldBeNull();
        options.ApiBurst.ShouldBe(0);
        options.SettingsInterval.ShouldBeNull();
        options.SettingsBurst.ShouldBe(0);
        options.CorsOrigins.ShouldBeEmpty();
        options.TrustedProxies.ShouldBeEmpty();
        options.IsSticky.ShouldBeFalse();
        options.MaxFails.ShouldBe(0);
        options.FailTimeout.ShouldBeNull();
    }

    [Fact]
    public void Origins_SeveralSpellings_AreReadAsBrowsersWriteThem()
        => Read(("CORS_ORIGINS", "https://App.Example:443, http://localhost:3000,http://[::1]:80")).CorsOrigins
            .ShouldBe(["https://app.example", "http://localhost:3000", "http://[::1]"]);

    [Fact]
    public void Networks_SeveralSpellings_AreRead()
        => Read(("TRUSTED_PROXIES", "127.0.0.1, 10.1.2.3/8,fd00::1/8 , ::1,::ffff:192.168.1.1/112")).TrustedProxies
            .Select(network => network.ToString())
            .ShouldBe(["127.0.0.1/32", "10.0.0.0/8", "fd00::/8", "::1/128", "192.168.0.0/16"]);

    [Theory]
    [InlineData("EDGE_LISTEN", "all", "loopback, any")]
    [InlineData("UPSTREAM_CONNECT_TIMEOUT", "5ms", "from 0.01s to 60s")]
    [InlineData("RATE_LIMIT_API", "10", "10r/s or 5r/m")]
    [InlineData("RATE_LIMIT_API", "0r/s", "10r/s or 5r/m")]
    [InlineData("RATE_LIMIT_API", "100001r/s", "10r/s or 5r/m")]
    [InlineData("RATE_LIMIT_API", "1r/h", "10r/s or 5r/m")]
    [InlineData("RATE_LIMIT_SETTINGS", "+5r/m;", "10r/s or 5r/m")]
    [InlineData("RATE_LIMIT_BURST", "-1", "0 to 100000, or off")]
    [InlineData("RATE_LIMIT_SETTINGS_BURST", "many", "0 to 100000, or off")]
    [InlineData("CORS_ORIGINS", "app.example", "https://app.example.org")]
    [InlineData("CORS_ORIGINS", "https://app.example/", "without a path")]
    [InlineData("CORS_ORIGINS", "https://a.example,*", "without a path")]
    [InlineData("CORS_ORIGINS", "ftp://a.example", "without a path")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8")]
    [InlineData("TRUSTED_PROXIES", "10.1", "10.0.0.0/8")]
    [InlineData("TRUSTED_PROXIES", "localhost", "10.0.0.0/8")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.1,,10.0.0.2", "10.0.0.0/8")]
    [InlineData("STICKY", "cookie", "ip, off")]
    [InlineData("NGINX_MAX_FAILS", "1001", "0 to 1000, or off")]
    [InlineData("NGINX_FAIL_TIMEOUT", "0s", "from 1s to 3600s, or off")]
    [InlineData("NGINX_FAIL_TIMEOUT", "5000ms", "whole seconds")]
    [InlineData("TLS_PORT", "0", "1 to 65535")]
    [InlineData("TLS_REDIRECT", "yes", "true, false")]
    [InlineData("TLS_REDIRECT", "true", "as long as TLS_CERTIFICATE is not set")]
    [InlineData("LOG_FILE_SIZE", "63K", "65536 to 1073741824")]
    [InlineData("LOG_FILE_COUNT", "0", "1 to 100")]
    public void Setting_Bad_IsNamedWithItsValueAndWhatIsAllowed(string name, string value, string allowed)
    {
        var line = Failures((name, value)).ShouldHaveSingleItem();

        line.ShouldStartWith($"{name} is \"{value}\"; allowed is ");
        line.ShouldContain(allowed);
    }

    [Fact]
    public void Certificate_MissingUnfitOrAlone_IsNamed()
    {
        using var folder = new TemporaryFolder();
        var (certificate, key) = (Path.Combine(folder.Path, "tls.crt"), Path.Combine(folder.Path, "tls.key"));
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = new CertificateRequest("CN=edge", pair, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(certificate, issued.ExportCertificatePem());
        File.WriteAllText(key, pair.ExportPkcs8PrivateKeyPem());
        (string, string)[] both = [("TLS_CERTIFICATE", certificate), ("TLS_CERTIFICATE_KEY", key)];

        Read(both).TlsCertificateKey.ShouldBe(key);
        Failures(both[0]).ShouldHaveSingleItem().ShouldStartWith("TLS_CERTIFICATE_KEY is \"\"; allowed is ");
        Failures(both[1]).ShouldHaveSingleItem().ShouldStartWith("TLS_CERTIFICATE is \"\"; allowed is ");
        Failures([.. both, ("TLS_PORT", "15432")]).ShouldHaveSingleItem().ShouldStartWith("TLS_PORT is \"15432\"; allowed is ");
        Failures(("TLS_CERTIFICATE", "/missing"), both[1]).ShouldHaveSingleItem().ShouldStartWith("TLS_CERTIFICATE is \"/missing\"; allowed is ");
        File.WriteAllText(key, other.ExportPkcs8PrivateKeyPem());
        Failures(both).ShouldHaveSingleItem().ShouldStartWith($"TLS_CERTIFICATE_KEY is \"{key}\"; allowed is ");
        File.WriteAllText(key, "no key");
        Failures(both).ShouldHaveSingleItem().ShouldStartWith($"TLS_CERTIFICATE_KEY is \"{key}\"; allowed is ");
    }

    private static EdgeOptions Read(params (string Name, string Value)[] values)
    {
        var (options, settings) = Parse(values);
        settings.ThrowIfBad<EdgeOptions>();
        return options;
    }

    private static List<string> Failures(params (string Name, string Value)[] values)
    {
        var (_, settings) = Parse(values);
        return [.. Should.Throw<OptionsValidationException>(settings.ThrowIfBad<EdgeOptions>).Failures];
    }

    private static (EdgeOptions Options, SettingsReader Settings) Parse((string Name, string Value)[] values)
    {
        var settings = new SettingsReader(new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Name, (string?)pair.Value)))
            .Build());
        var options = new EdgeOptions();
        options.Read(settings);
        return (options, settings);
    }
}
