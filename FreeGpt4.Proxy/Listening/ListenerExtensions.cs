using System.Text;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace FreeGpt4.Proxy.Listening;

internal static class ListenerExtensions
{
    /// <summary>A character for each byte, so that header values of any encoding come out as they went in.</summary>
    public static readonly Encoding HeaderEncoding = Encoding.Latin1;

    private static readonly Encoding LengthEncoding = new DigitsOnly();

    // More than a replica reads, so that whatever is too long for one is refused above the server, in words.
    private const int LongestHead = 64 * 1024;

    // ASPNETCORE_URLS, ASPNETCORE_HTTP_PORTS and so on, as the host names them in the configuration.
    private static readonly string[] AddressSettings = ["urls", "http_ports", "https_ports"];

    /// <summary>
    /// Listens where the host is told to, else on <c>EDGE_PORT</c>: of 127.0.0.1 and [::1], or of every address. With a certificate it
    /// listens on <c>EDGE_PORT</c> and <c>TLS_PORT</c>, whatever the host is told.
    /// </summary>
    public static void AddListener(this WebApplicationBuilder builder)
    {
        var hasAddress = Array.Exists(AddressSettings, name => !string.IsNullOrEmpty(builder.Configuration[name]));

        builder.Services.AddSingleton<TlsCertificate>();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<EdgeOptions>, TlsCertificate, TimeProvider>((kestrel, edge, certificate, time) =>
        {
            var options = edge.Value;
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = name => name == HeaderNames.ContentLength ? LengthEncoding : HeaderEncoding;
            kestrel.ResponseHeaderEncodingSelector = _ => HeaderEncoding;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodySize;
            kestrel.Limits.MaxRequestLineSize = LongestHead;
            kestrel.Limits.MaxRequestHeadersTotalSize = LongestHead;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = LongestHead;
            if (!hasAddress || options.TlsCertificate is not null)
            {
                kestrel.Listen(options, options.Port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            }

            if (options.TlsCertificate is not null)
            {
                kestrel.Listen(options, options.TlsPort, endpoint =>
                {
                    endpoint.Protocols = HttpProtocols.Http1AndHttp2;
                    endpoint.AnswerPlainHttp(time);
                    endpoint.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificate.Current) });
                });
            }
        });
    }

    private static void Listen(this KestrelServerOptions kestrel, EdgeOptions options, int port, Action<ListenOptions> configure)
    {
        if (options.ListensToAny)
        {
            kestrel.ListenAnyIP(port, configure);
        }
        else
        {
            kestrel.ListenLocalhost(port, configure);
        }
    }
}
