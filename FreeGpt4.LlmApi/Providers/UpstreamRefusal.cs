using System.Net.Http.Headers;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>Whose fault an upstream's error is, by its HTTP status or by the error object that came in place of an answer.</summary>
internal static class UpstreamRefusal
{
    private const int LongestErrorBody = 64 * 1024;

    /// <summary>For an answer whose status is not 200.</summary>
    public static async Task<Exception> ReadAsync(
        HttpResponseMessage response,
        Operation operation,
        OpenAICompatibleOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var body = new byte[LongestErrorBody];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        var error = FindError(body.AsMemory(0, length));
        return Classify((int)response.StatusCode, error, operation, options, RetryAfter(response.Headers, time));
    }

    /// <summary>
    /// For an error object that came with status 200: <c>{"message":…,"code":429}</c>, where a numeric code is the true status.
    /// </summary>
    public static Exception Read(ReadOnlyMemory<byte> error, Operation operation, OpenAICompatibleOptions options)
    {
        using var document = JsonDocument.Parse(error);
        var root = document.RootElement;
        return root.ValueKind is JsonValueKind.Object
            && root.TryGetProperty("code", out var code)
            && code.ValueKind is JsonValueKind.Number
            && code.TryGetInt32(out var status)
            && status is >= 400 and < 600
            ? Classify(status, ToError(root), operation, options, retryAfter: null)
            : new ProviderException(ProviderFailure.Server, "sent an error in place of an answer");
    }

    private static Exception Classify(
        int status, OpenAIError? error, Operation operation, OpenAICompatibleOptions options, TimeSpan? retryAfter)
    {
        return status switch
        {
            404 when operation != Operation.Chat && !SpeaksOfModel(error) => NoOperation(),
            405 or 501 when operation != Operation.Chat => NoOperation(),
            401 or 403 when options.ApiKey is null => Failed(ProviderFailure.Key, $"wants a key (HTTP {status}): set {options.KeySetting}"),
            401 or 403 => Failed(ProviderFailure.Key, $"refused the key (HTTP {status}): check {options.KeySetting}"),
            402 => Failed(ProviderFailure.Key, $"has no credit left (HTTP {status}): check the account of {options.KeySetting}"),
            429 => Failed(ProviderFailure.Limit, $"was asked too often (HTTP {status})"),

            // Redirects are not followed: the prompt would go where nobody configured it to go.
            < 400 or 405 or 407 or 410 => WrongAddress(),
            404 when error is null => WrongAddress(),
            408 or 425 or >= 500 => Failed(ProviderFailure.Server, $"failed (HTTP {status})"),
            _ => Rejected(),
        };

        ProviderException Failed(ProviderFailure failure, string message) => new(failure, message) { RetryAfter = retryAfter };

        ProviderException NoOperation() => Failed(ProviderFailure.Operation, $"has no {operation} (HTTP {status})");

        ProviderException WrongAddress() =>
            Failed(ProviderFailure.Server, $"has no {operation} at its address (HTTP {status}): check {options.AddressSetting}");

        RequestRejectedException Rejected() => new(
            options.Name,
            status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : status,
            WithoutKey(error ?? new($"{options.Name} rejected the request (HTTP {status}).", OpenAIError.InvalidRequest), options.ApiKey));
    }

    // A 404 is about the route, unless it says that it is about the model: "The model 'x' does not exist".
    private static bool SpeaksOfModel(OpenAIError? error) => error is not null
        && $"{error.Param} {error.Code} {error.Message}".Contains("model", StringComparison.OrdinalIgnoreCase);

    private static OpenAIError? FindError(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("error", out var error)
                ? ToError(error)
                : null;
        }
        catch (JsonException)
        {
            // A page for people, from the upstream or from something before it.
            return null;
        }
    }

    // "error" is an object nearly everywhere, and a bare string in a few servers.
    private static OpenAIError? ToError(JsonElement error)
    {
        if (error.ValueKind is not JsonValueKind.Object)
        {
            return error.ValueKind is JsonValueKind.String ? new(error.GetString() ?? "", OpenAIError.InvalidRequest) : null;
        }

        string[] ours = ["message", "type", "param", "code"];
        return new(
            Text("message") ?? "The request was rejected.",
            Text("type") ?? OpenAIError.InvalidRequest,
            Text("param"),
            Text("code"))
        {
            Further = error.EnumerateObject()
                .Where(member => !ours.Contains(member.Name))
                .DistinctBy(member => member.Name)
                .ToDictionary(member => member.Name, member => member.Value.Clone()),
        };

        // The schema has strings; a numeric code is common.
        string? Text(string name) => !error.TryGetProperty(name, out var value) ? null : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
    }

    private static OpenAIError WithoutKey(OpenAIError error, string? key)
    {
        var text = JsonSerializer.Serialize(new(error), OpenAIJsonContext.Wire.ErrorResponse);
        return key is null || !text.Contains(key, StringComparison.Ordinal)
            ? error
            : new(error.Message.Replace(key, "[key]", StringComparison.Ordinal), OpenAIError.InvalidRequest);
    }

    private static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time)
    {
        var asked = headers.RetryAfter?.Delta ?? headers.RetryAfter?.Date - time.GetUtcNow();
        return asked > TimeSpan.Zero ? asked : null;
    }
}
