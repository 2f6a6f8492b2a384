using System.Net;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    // For each setting what is too little, too much, or something else.
    private static readonly Dictionary<string, string[]> BadValues = new()
    {
        ["EDGE_PORT"] = ["0", "65536", "80,81"],
        ["EDGE_LISTEN"] = ["0.0.0.0", "all", "any loopback"],
        ["UPSTREAM_CONNECT_TIMEOUT"] = ["9ms", "61s", "5"],
        ["UPSTREAM_READ_TIMEOUT"] = ["999ms", "25h", "10 m"],
        ["UPSTREAM_KEEPALIVE"] = ["-1", "10001", "1.5"],
        ["MAX_BODY_SIZE"] = ["1023", "1025M", "16MB"],
        ["RATE_LIMIT_API"] = ["0r/s", "100001r/s", "10"],
        ["RATE_LIMIT_BURST"] = ["-1", "100001", "20r/s"],
        ["RATE_LIMIT_SETTINGS"] = ["0r/m", "100001r/m", "5r/h"],
        ["RATE_LIMIT_SETTINGS_BURST"] = ["-1", "100001", "none"],
        ["CORS_ORIGINS"] = ["app.example", "https://app.example/path", "ftp://app.example"],
        ["TRUSTED_PROXIES"] = ["proxy.example", "10.0.0.0/33", "10.0.0.256"],
        ["STICKY"] = ["cookie", "on", "ip ip"],
        ["NGINX_MAX_FAILS"] = ["-1", "1001", "3s"],
        ["NGINX_FAIL_TIMEOUT"] = ["500ms", "3601s", "5"],
        ["TLS_PORT"] = ["0", "65536", "https"],
        ["TLS_REDIRECT"] = ["1", "yes", "308"],
        ["LOG_FILE_SIZE"] = ["63K", "1025M", "ten"],
        ["LOG_FILE_COUNT"] = ["0", "101", "5.0"],
    };

    // What would be at home in a configuration of nginx, in a shell script, and in a sed expression.
    private static readonly string[] Injections = ["1; return 200 x;", "$(kill $$)`kill $$`", "1|&/s\\1'\"", "}\nserver { listen 1; }"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Settings_AllBad_StopStartWithLineForEach(int which)
        => await ShouldBeRefusedAsync(BadValues.Select(setting => (setting.Key, setting.Value[which])));

    [Fact]
    public async Task Settings_ThatWouldChangeConfiguration_AreRefused()
    {
        foreach (var injection in Injections)
        {
            await ShouldBeRefusedAsync(BadValues.Keys.Select(name => (name, injection)));
        }
    }

    [Fact]
    public async Task Certificate_WithoutKeyOrFile_IsRefused()
    {
        using var files = new CertificateFiles("one.example");

        foreach (var (settings, name) in (((string, string)[] Settings, string Name)[])[
            ([files.Settings[0]], "TLS_CERTIFICATE_KEY"),
            ([files.Settings[1]], "TLS_CERTIFICATE"),
            ([("TLS_CERTIFICATE", "/nonexistent/tls.crt"), files.Settings[1]], "TLS_CERTIFICATE")])
        {
            var (exitCode, errors) = await Program.RefuseAsync(settings);

            exitCode.ShouldBe(1);
            errors.ShouldHaveSingleItem().ShouldStartWith(name);
        }
    }

    [Fact]
    public async Task Settings_Empty_AreTheirDefaults()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(
            replica.Address,
            [.. BadValues.Keys.Append("TLS_CERTIFICATE").Append("TLS_CERTIFICATE_KEY").Append("LOG_DIR").Except(["EDGE_PORT"]).Select(name => (name, ""))]);

        using var response = await SendFromPageAsync(edge, "GET", "/v1/models", App);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Header(response, AllowOrigin).ShouldBe("*");
    }

    private async Task ShouldBeRefusedAsync(IEnumerable<(string Name, string Value)> settings)
    {
        (string Name, string Value)[] bad = [.. settings];

        var (exitCode, errors) = await Program.RefuseAsync(bad);

        exitCode.ShouldBe(1);
        errors.Order(StringComparer.Ordinal).Select(line => line.Split("; allowed is ")[0])
            .ShouldBe(bad.Select(setting => $"{setting.Name} is \"{setting.Value.ReplaceLineEndings(" ")}\"").Order(StringComparer.Ordinal));
        errors.ShouldAllBe(line => line.Split("; allowed is ", 2)[1].Length > 3);
    }
}
