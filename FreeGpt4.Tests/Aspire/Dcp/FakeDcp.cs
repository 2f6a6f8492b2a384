using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aspire.Hosting.Dcp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Aspire.Dcp;

/// <summary>A server in DCP's place, for what the real one does only on a bad day.</summary>
internal sealed class FakeDcp : IAsyncDisposable
{
    private const string Token = "the-token";
    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate = CreateCertificate();

    private FakeDcp(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        _app = builder.Build();
        _app.Run(context =>
        {
            context.Request.Headers.Authorization.ToString().ShouldBe($"Bearer {Token}");
            return answer(context);
        });
    }

    public static async Task<FakeDcp> StartAsync(Func<HttpContext, Task> answer, CancellationToken cancellationToken)
    {
        var fake = new FakeDcp(answer);
        await fake._app.StartAsync(cancellationToken);
        return fake;
    }

    public DcpKubeconfig Kubeconfig => new(new Uri(_app.Urls.Single()), _certificate, Token);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    public static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
    }
}
