using System.Text;
using System.Text.Unicode;
using FreeGpt4.LlmApi.OpenAI;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FreeGpt4.LlmApi.Text;

/// <summary>A question that comes as a body: a file in a form, or the text itself.</summary>
internal static class FileQuestion
{
    private const string Field = "file";

    // https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
    private const int LongestBoundary = 70;

    /// <exception cref="InvalidRequestException">No file, or no text in it.</exception>
    /// <exception cref="BadHttpRequestException">Larger than <c>MAX_BODY_SIZE</c>.</exception>
    public static async Task<string> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        _ = MediaTypeHeaderValue.TryParse(request.ContentType, out var type);
        return type?.MediaType.Value?.ToLowerInvariant() switch
        {
            "text/plain" => TextOf(await request.ReadAllAsync(cancellationToken)),
            "multipart/form-data" => TextOf(await ReadFileAsync(request, type, cancellationToken)),
            _ => throw Unsupported($"Send the question as text/plain, or as the field '{Field}' of multipart/form-data."),
        };
    }

    // Not with ReadFormAsync, which would put what people ask into files on disk.
    private static async Task<byte[]> ReadFileAsync(HttpRequest request, MediaTypeHeaderValue type, CancellationToken cancellationToken)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (boundary is not { Length: > 0 and <= LongestBoundary })
        {
            throw new InvalidRequestException($"The Content-Type needs a boundary of 1 to {LongestBoundary} characters.");
        }

        try
        {
            var reader = new MultipartReader(boundary, request.Body);
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                    && HeaderUtilities.RemoveQuotes(disposition.Name).Equals(Field, StringComparison.Ordinal))
                {
                    using var file = new MemoryStream();
                    await section.Body.CopyToAsync(file, cancellationToken);
                    return file.ToArray();
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new InvalidRequestException("The body is not valid multipart/form-data.");
        }

        throw new InvalidRequestException($"No file: send it as the field '{Field}'.", Field);
    }

    private static string TextOf(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0)
        ? Encoding.UTF8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes)
        : throw Unsupported("The file is not text in UTF-8.");

    private static InvalidRequestException Unsupported(string message) =>
        new(message, Field, "unsupported_media_type", StatusCodes.Status415UnsupportedMediaType);
}
