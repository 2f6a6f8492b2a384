using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>A certificate and its key in two files, as they are mounted.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CertificateFiles(string name) => Write(name);

    public (string, string)[] Settings => [("TLS_CERTIFICATE", File("tls.crt")), ("TLS_CERTIFICATE_KEY", File("tls.key"))];

    /// <summary>A client that takes every certificate, and tells the name in it.</summary>
    public static HttpClient Client(Action<string> onCertificate) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            // Signed by nobody but itself.
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                onCertificate(certificate!.Subject["CN=".Length..]);
                return errors != SslPolicyErrors.RemoteCertificateNotAvailable;
            },
        },
    });

    public void Write(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Replace("tls.key", key.ExportPkcs8PrivateKeyPem());
        Replace("tls.crt", certificate.ExportCertificatePem());
    }

    public void Dispose() => _folder.Dispose();

    private string File(string name) => Path.Combine(_folder.Path, name);

    private void Replace(string name, string text)
    {
        System.IO.File.WriteAllText(File($"{name}.new"), $"{text}\n");
        System.IO.File.Move(File($"{name}.new"), File(name), overwrite: true);
    }
}
