using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>Whose fault an upstream's error is, by its HTTP status or by the error object that came in place of an answer.</summary>
internal static class UpstreamRefusal
{
    private const int LongestErrorBody = 64 * 1024;

    /// <summary>For an answer whose status is not 200.</summary>
    public static async Task<Exception> ReadAsync(
        HttpResponseMessage response, ProviderCall call, ProviderOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var body = new byte[LongestErrorBody];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        var wait = RateLimits.RetryAfter(response.Headers, time) ?? (call.RateLimits is { Remaining: 0 } limits ? limits.Reset : null);
        var isPage = body.AsSpan(0, length).TrimStart(" \t\r\n"u8).StartsWith("<"u8);
        return Classify((int)response.StatusCode, FindError(body.AsMemory(0, length)), call, options, wait, isPage);
    }

    /// <summary>
    /// For an error object that came with status 200: <c>{"message":…,"code":429}</c>, where a numeric code is the true status.
    /// </summary>
    public static Exception Read(ReadOnlyMemory<byte> error, ProviderCall call, ProviderOptions options)
    {
        using var document = JsonDocument.Parse(error);
        var root = document.RootElement;
        return root.ValueKind is JsonValueKind.Object
            && root.TryGetProperty("code", out var code)
            && code.ValueKind is JsonValueKind.Number
            && code.TryGetInt32(out var status)
            && status is >= 400 and < 600
            ? Classify(status, ToError(root), call, options, retryAfter: null)
            : new ProviderException(ProviderFailure.Server, "sent an error in place of an answer");
    }

    private static Exception Classify(int status, OpenAIError? error, ProviderCall call, ProviderOptions options, TimeSpan? retryAfter, bool isPage = false)
    {
        var operation = call.Operation;
        var words = $"{error?.Type} {error?.Code} {error?.Message}";
        retryAfter ??= RetryDelay(error);
        return status switch
        {
            404 when operation != Operation.Chat && !SpeaksOfModel(error) => NoOperation(),
            405 or 501 when operation != Operation.Chat => NoOperation(),

            // A page in place of an error comes from something that guards the upstream, and knows nothing of keys.
            403 when isPage => Failed(ProviderFailure.Server, $"lets nobody through (HTTP {status})"),
            403 when error?.Further?.ContainsKey("metadata") is true && Says("flagged", "moderation") => Rejected(),

            // Whoever asks for a model that the key does not open must not take the key from everybody.
            401 or 403 when RefusesModel() => NoAccess(),
            401 or 403 when call.Key is null => Failed(ProviderFailure.Key, $"wants a key (HTTP {status}): set {options.KeySetting}"),
            401 or 403 => RefusedKey(),

            // Gemini: {"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid. Please pass a valid API key."}}
            400 when Says("api key not valid", "api_key_invalid", "api key expired") => RefusedKey(),

            // OpenRouter: "This request requires more credits, or fewer max_tokens."
            402 when Says("max_tokens", "max_completion_tokens") => TooLarge(),
            402 => NoCredit(),
            429 when Says("insufficient_quota", "billing", "no credit") => NoCredit(),
            429 when call.Key is null || Says("your ip", "ip address", "per ip") =>
                Failed(ProviderFailure.AddressLimit, $"was asked too often from this address (HTTP {status})"),
            429 => Failed(ProviderFailure.Limit, $"was asked too often (HTTP {status})"),

            // Groq: a request that has more tokens than its plan has per minute.
            413 when Says("rate_limit", "tokens per minute", "tpm") => TooLarge(),

            // Redirects are not followed: the prompt would go where nobody configured it to go.
            < 400 or 405 or 407 or 410 => WrongAddress(),
            404 when error is null => WrongAddress(),
            404 when SpeaksOfModel(error) => NoModel(),
            400 when error?.Code is "model_not_found" or "model_decommissioned" => NoModel(),
            408 or 425 or >= 500 => Failed(ProviderFailure.Server, $"failed (HTTP {status})"),
            _ => Rejected(),
        };

        bool Says(params ReadOnlySpan<string> parts)
        {
            foreach (var part in parts)
            {
                if (words.Contains(part, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }

        ProviderException Failed(ProviderFailure failure, string message) => new(failure, message) { RetryAfter = retryAfter };

        ProviderException RefusedKey() => Failed(ProviderFailure.Key, $"refused the key (HTTP {status}): check {options.KeySetting}");

        ProviderException NoCredit() =>
            Failed(ProviderFailure.Key, $"has no credit left (HTTP {status}): check the account of {options.KeySetting}");

        Exception NoModel() => call.ModelIsCallers ? Rejected()
            : new ProviderException(ProviderFailure.Model, $"has no model '{call.Model}' (HTTP {status})") { Rejection = Rejected() };

        // "Your API key is not valid; see …/models" is about the key.
        bool RefusesModel() => SpeaksOfModel(error) ? error?.Code?.Contains("model", StringComparison.OrdinalIgnoreCase) is true || !Says("api key", "api_key", "apikey")
            : status == StatusCodes.Status403Forbidden && call.ModelIsCallers;

        // In our words: theirs may name the account.
        ProviderException NoAccess() => new(ProviderFailure.Model, $"gives no access to the model '{call.Model}' (HTTP {status})")
        {
            Rejection = new(
                options.Name,
                StatusCodes.Status404NotFound,
                new($"{options.Name} gives no access to the model '{call.Model}'.", OpenAIError.InvalidRequest, "model", "model_not_found")),
        };

        ProviderException TooLarge() => new(ProviderFailure.TooLarge, $"takes no request of that size (HTTP {status})") { Rejection = Rejected() };

        ProviderException NoOperation() => Failed(ProviderFailure.Operation, $"has no {operation} (HTTP {status})");

        ProviderException WrongAddress() =>
            Failed(ProviderFailure.Server, $"has no {operation} at its address (HTTP {status}): check {options.AddressSetting}");

        RequestRejectedException Rejected() => new(
            options.Name,
            status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : status,
            Redaction.Of(options).Apply(
                error ?? new($"{options.Name} rejected the request (HTTP {status}).", OpenAIError.InvalidRequest)));
    }

    // {"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}
    private static TimeSpan? RetryDelay(OpenAIError? error)
    {
        if (error?.Further?.TryGetValue("details", out var details) is not true || details.ValueKind is not JsonValueKind.Array)
        {
            return null;
        }

        return details.EnumerateArray()
            .Where(detail => detail.ValueKind is JsonValueKind.Object)
            .Select(detail => detail.TryGetProperty("retryDelay", out var delay) && delay.ValueKind is JsonValueKind.String
                ? RateLimits.ParseTime(delay.GetString())
                : null)
            .FirstOrDefault(delay => delay is not null);
    }

    // A 404 is about the route, unless it says that it is about the model: "The model 'x' does not exist".
    private static bool SpeaksOfModel(OpenAIError? error) => error is not null
        && $"{error.Param} {error.Code} {error.Message}".Contains("model", StringComparison.OrdinalIgnoreCase);

    private static OpenAIError? FindError(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);

            // Gemini wraps its errors in an array.
            var root = document.RootElement is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() == 1
                ? array[0]
                : document.RootElement;
            return root.ValueKind is JsonValueKind.Object && root.TryGetProperty("error", out var error) ? ToError(error) : null;
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
            return error.ValueKind is JsonValueKind.String ? new(Worded(error.GetString()), OpenAIError.InvalidRequest) : null;
        }

        string[] ours = ["message", "type", "param", "code"];
        return new(
            Worded(Text("message")),
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

        static string Worded(string? message) => string.IsNullOrWhiteSpace(message) ? "The request was rejected." : message;
    }
}
