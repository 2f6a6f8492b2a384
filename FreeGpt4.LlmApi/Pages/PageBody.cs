using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace FreeGpt4.LlmApi.Pages;

/// <summary>The bytes of a page, in the encodings that browsers take.</summary>
internal sealed class PageBody
{
    private readonly byte[] _plain;
    private readonly byte[] _brotli;
    private readonly byte[] _gzip;

    public PageBody(string html)
    {
        _plain = Encoding.UTF8.GetBytes(html);
        _brotli = Compress(bytes => new BrotliStream(bytes, CompressionLevel.SmallestSize));
        _gzip = Compress(bytes => new GZipStream(bytes, CompressionLevel.SmallestSize));

        // Weak: of each encoding the same.
        Tag = $"W/\"{Convert.ToHexStringLower(SHA256.HashData(_plain).AsSpan(0, 8))}\"";
    }

    public string Tag { get; }

    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        var taken = context.Request.GetTypedHeaders().AcceptEncoding.Where(encoding => encoding.Quality is not 0).Select(encoding => encoding.Value.Value).ToHashSet();
        var (bytes, encoding) = taken.Contains("br") ? (_brotli, "br") : taken.Contains("gzip") ? (_gzip, "gzip") : (_plain, null);
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        response.Headers.ContentEncoding = encoding;
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    private byte[] Compress(Func<Stream, Stream> open)
    {
        using var bytes = new MemoryStream();
        using (var stream = open(bytes))
        {
            stream.Write(_plain);
        }

        return bytes.ToArray();
    }
}
