using System.Net;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.Dcp;

/// <summary>DCP refused a request or did not answer.</summary>
internal sealed partial class DcpException : DistributedApplicationException
{
    private const int LongestDetail = 300;

    private DcpException(string message, Exception? inner = null) : base(message, inner!)
    {
    }

    /// <summary>DCP's word for it, for example <c>AlreadyExists</c>; <see langword="null"/> when it did not answer.</summary>
    public string? Reason { get; private init; }

    public HttpStatusCode? StatusCode { get; private init; }

    internal static DcpException Refused(string request, HttpStatusCode statusCode, DcpStatus? status)
    {
        var reason = status?.Reason ?? statusCode.ToString();
        return new($"DCP refused to {request}: {reason}{Detail(status)}") { Reason = reason, StatusCode = statusCode };
    }

    internal static DcpException NoAnswer(string request, Uri server, Exception inner) =>
        new($"DCP did not answer at {server.Authority} when asked to {request}: {inner.Message}", inner);

    private static string Detail(DcpStatus? status)
    {
        var text = status?.Details?.Causes is { Count: > 0 } causes
            ? string.Join("; ", causes.Select(cause => $"{cause.Field}: {cause.Message}"))
            : status?.Message;
        if (string.IsNullOrWhiteSpace(text))
        {
            return "";
        }

        text = RejectedValue().Replace(text, "invalid value").ReplaceLineEndings(" ");
        return $" ({(text.Length > LongestDetail ? string.Concat(text.AsSpan(0, LongestDetail), "…") : text)})";
    }

    // DCP quotes the rejected value, which may be the whole object with the secrets in its environment:
    // spec.env: Invalid value: "{\"name\":\"API_KEY\",\"value\":\"…\"}": cannot unmarshal …
    [GeneratedRegex("""Invalid value: ("(?:[^"\\]|\\.)*("|$)|\S+?(?=:\s|$))""", RegexOptions.Singleline)]
    private static partial Regex RejectedValue();
}
