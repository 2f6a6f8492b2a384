using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Aspire.Hosting.Dcp;

/// <summary>The folder that one run of DCP works in. Nobody else can read it, and DCP removes it when it goes.</summary>
internal sealed class DcpSession
{
    // Longest path of a Unix socket, without the terminating zero.
    private const int LongestSocketPath = 107;

    private DcpSession(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Written by DCP; tells how to reach it.</summary>
    public string Kubeconfig => Path.Combine(Folder, "kubeconfig");

    public string LogSocket => Path.Combine(Folder, "output.sock");

    public string Certificate => Path.Combine(Folder, "server.crt");

    public string Key => Path.Combine(Folder, "server.key");

    public bool Exists => Directory.Exists(Folder);

    public static DcpSession Create(TimeProvider time)
    {
        var session = new DcpSession(Directory.CreateTempSubdirectory("aspire-dcp").FullName);
        if (session.LogSocket.Length > LongestSocketPath)
        {
            session.Delete();
            throw new DistributedApplicationException(
                $"The temporary folder '{Path.GetTempPath()}' has too long a path for DCP's socket in it: set TMPDIR to another.");
        }

        session.WriteCertificate(time.GetUtcNow());
        return session;
    }

    /// <summary>DCP has read the key by the time it listens; nobody needs it after that.</summary>
    public void DeleteKey() => File.Delete(Key);

    public void Delete()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // DCP has removed it, as it should.
        }
    }

    // Left to itself DCP makes an RSA key of 4096 bits first, which takes it between 0.4 and 1.8 s.
    private void WriteCertificate(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(1));

        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }
}
