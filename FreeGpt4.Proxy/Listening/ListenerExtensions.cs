using System.Text;
using FreeGpt4.Proxy.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.Listening;

internal static class ListenerExtensions
{
    /// <summary>A character for each byte, so that header values of any encoding come out as they went in.</summary>
    public static readonly Encoding HeaderEncoding = Encoding.Latin1;

    // As the replicas take it: a question of 10,000 characters in /?text=, each six bytes long when escaped.
    private const int LongestRequestLine = 64 * 1024;

    // ASPNETCORE_URLS, ASPNETCORE_HTTP_PORTS and so on, as the host names them in the configuration.
    private static readonly string[] AddressSettings = ["urls", "http_ports", "https_ports"];

    /// <summary>Listens where the host is told to, else on <c>http://localhost:{EDGE_PORT}</c>: 127.0.0.1 and [::1].</summary>
    public static void AddListener(this WebApplicationBuilder builder)
    {
        var hasAddress = Array.Exists(AddressSettings, name => !string.IsNullOrEmpty(builder.Configuration[name]));

        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<EdgeOptions>>((kestrel, edge) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = _ => HeaderEncoding;
            kestrel.ResponseHeaderEncodingSelector = _ => HeaderEncoding;
            kestrel.Limits.MaxRequestBodySize = edge.Value.MaxBodySize;
            kestrel.Limits.MaxRequestLineSize = LongestRequestLine;
            if (!hasAddress)
            {
                kestrel.ListenLocalhost(edge.Value.Port);
            }
        });
    }
}
