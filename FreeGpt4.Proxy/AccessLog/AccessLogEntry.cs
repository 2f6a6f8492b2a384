using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FreeGpt4.Proxy.AccessLog;

/// <summary>A request in the access log.</summary>
internal sealed class AccessLogEntry
{
    // What only HTML would mind is left as it is, such as the plus of a time zone.
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>When the request had ended.</summary>
    public DateTimeOffset Time { get; set; }

    public IPAddress? Client { get; set; }

    public string? RequestId { get; set; }

    public required string Method { get; init; }

    public required string Route { get; init; }

    public int Status { get; set; }

    /// <summary>Of the body that was sent.</summary>
    public long Bytes { get; set; }

    public TimeSpan Whole { get; set; }

    public List<Attempt> Attempts { get; } = [];

    /// <summary>
    /// As nginx does it, with the names of <c>nginx/access-log.conf.template</c>. What can be missing or has a value for each attempt
    /// is text: <c>"0.001, 0.002"</c>, with <c>-</c> for what there was not.
    /// </summary>
    public void WriteTo(TextWriter output)
    {
        using var line = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(line, Format))
        {
            json.WriteStartObject();
            json.WriteString("time", Time.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
            json.WriteString("client", Client?.ToString() ?? "");
            json.WriteString("request_id", RequestId ?? "");
            json.WriteString("method", Method);
            json.WriteString("route", Route);
            json.WriteString("status", Status.ToString("000", CultureInfo.InvariantCulture));
            json.WriteNumber("bytes", Bytes);
            json.WritePropertyName("seconds");
            json.WriteRawValue(Seconds(Whole));
            json.WriteString("replica", Attempts is [.., { Replica: { } replica }] ? replica : "");
            json.WriteString("upstream", OfEach(attempt => attempt.Upstream));
            json.WriteString("upstream_status", OfEach(attempt => attempt.Status.ToString(CultureInfo.InvariantCulture)));
            json.WriteString("upstream_connect_seconds", OfEach(attempt => Seconds(attempt.Connect)));
            json.WriteString("upstream_first_byte_seconds", OfEach(attempt => Seconds(attempt.FirstByte)));
            json.WriteString("upstream_seconds", OfEach(attempt => Seconds(attempt.Whole)));
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
    }

    /// <summary>The path as it was sent, which a request's path is not; but of <c>http://host/path</c> only the path.</summary>
    public static string RouteOf(string target)
    {
        var end = target.IndexOf('?');
        var path = end < 0 ? target : target[..end];
        return path.StartsWith('/') || !Uri.TryCreate(path, UriKind.Absolute, out var uri) ? path : uri.AbsolutePath;
    }

    private static string Seconds(TimeSpan? time) => time?.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";

    private string OfEach(Func<Attempt, string> value) => string.Join(", ", Attempts.Select(value));
}
