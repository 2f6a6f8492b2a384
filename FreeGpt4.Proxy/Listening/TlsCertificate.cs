using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.Listening;

/// <summary>The certificate that clients are shown. Its files are read again when they changed, so that renewing it needs no restart.</summary>
/// <remarks>
/// By their content, not their time: where files are mounted, what changes may be a link on the way to them. It is read at most once a
/// second, by whoever connects then.
/// </remarks>
internal sealed partial class TlsCertificate(IOptions<EdgeOptions> options, TimeProvider time, ILogger<TlsCertificate> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private string _content = "";
    private long _read;
    private SslServerAuthenticationOptions? _current;

    /// <summary>For the next connection. The same object until the files change, which lets clients resume their sessions.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            lock (_lock)
            {
                if (_current is null || time.GetElapsedTime(_read) >= Interval)
                {
                    _read = time.GetTimestamp();
                    Refresh();
                }

                return _current!;
            }
        }
    }

    private void Refresh()
    {
        var content = "";
        try
        {
            var (certificate, key) = (File.ReadAllText(options.Value.TlsCertificate!), File.ReadAllText(options.Value.TlsCertificateKey!));
            content = certificate + key;
            if (content != _content)
            {
                _content = content;
                _current = Load(certificate, key);
            }
        }
        catch (Exception unfit) when (_current is not null && unfit is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Of a pair that is being replaced, one file may be new and the other old.
            Log.Unfit(logger, unfit.Message);
        }
    }

    private static SslServerAuthenticationOptions Load(string certificate, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificate);
        using var own = X509Certificate2.CreateFromPem(certificate, key);
        return new SslServerAuthenticationOptions
        {
            // Windows does not serve with a key that is only in memory; in this form it takes it.
            ServerCertificateContext = SslStreamCertificateContext.Create(
                X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null), chain, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The TLS certificate changed, but cannot be used ({Reason}). The one before it is kept.")]
        public static partial void Unfit(ILogger logger, string reason);
    }
}
