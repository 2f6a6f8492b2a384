using System.Buffers;

namespace FreeGpt4.LlmApi.OpenAI;

internal static class RequestBody
{
    /// <summary>The whole body, which says that it is JSON; whether it is one is not looked at.</summary>
    /// <exception cref="InvalidRequestException">Another media type.</exception>
    /// <exception cref="BadHttpRequestException">Larger than <c>MAX_BODY_SIZE</c>.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadJsonAsync(this HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            throw new InvalidRequestException(
                "Send the request as JSON, with the header Content-Type: application/json.",
                code: "unsupported_media_type",
                status: StatusCodes.Status415UnsupportedMediaType);
        }

        return await request.ReadAllAsync(cancellationToken);
    }

    /// <summary>The whole body.</summary>
    /// <exception cref="BadHttpRequestException">Larger than <c>MAX_BODY_SIZE</c>.</exception>
    public static async Task<byte[]> ReadAllAsync(this HttpRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
