using System.Text.Json;
using System.Text.Json.Serialization;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Providers.Trials;

internal static class ProviderTrialEndpoints
{
    /// <summary>Within <c>/api/settings</c>. What is tried with it is stored nowhere.</summary>
    public static RouteGroupBuilder MapProviderTrials(this RouteGroupBuilder settings)
    {
        settings.MapPost("/providers/{name}/test", async (string name, HttpContext context, ProviderTrials trials) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            var trial = await ReadAsync(context.Request, context.RequestAborted);
            return TypedResults.Json(await trials.TryAsync(name, trial, context.RequestAborted), TrialJsonContext.Default.TrialReply);
        }).WithSmallBodies();
        return settings;
    }

    private static async Task<TrialRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is 0 || (request.ContentLength is null && request.ContentType is null))
        {
            return new();
        }

        var body = await request.ReadJsonAsync(cancellationToken);
        try
        {
            if (JsonSerializer.Deserialize(body.Span, TrialJsonContext.Default.TrialRequest) is { } trial)
            {
                return trial;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What is wrong with it may be in a key: it is not repeated.
        }

        throw new InvalidRequestException("""Send a JSON object; in it may be "apiKey", "baseUrl", "model", and "ask": "chat" or "models".""");
    }
}

internal enum TrialKind
{
    /// <summary>A chat with an answer of one token.</summary>
    Chat,

    /// <summary>The list of models, which some give without looking at the key.</summary>
    Models,
}

/// <param name="ApiKey">In place of the one that is set.</param>
/// <param name="BaseUrl">In place of the one that is set.</param>
/// <param name="Model">To ask for; else the provider's first.</param>
/// <param name="Ask">Without it a chat, unless nobody knows a model.</param>
internal sealed record TrialRequest(string? ApiKey = null, string? BaseUrl = null, string? Model = null, TrialKind? Ask = null)
{
    public override string ToString() => "(trial)";
}

/// <param name="Asked"><c>null</c> when there was nobody to ask.</param>
/// <param name="Outcome"><c>ok</c>, <c>not_set_up</c>, <c>rejected</c>, or what a <see cref="ProviderFailure"/> is called.</param>
/// <param name="Message">A sentence for a person, without secrets.</param>
internal sealed record TrialReply(string Provider, TrialKind? Asked, string? Model, string Outcome, long LatencyMs, string Message);

internal sealed record TrialChat(
    string Model, IReadOnlyList<TrialMessage> Messages, [property: JsonPropertyName("max_tokens")] int MaxTokens);

internal sealed record TrialMessage(string Role, string Content);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, Converters = [typeof(KindNames)], UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TrialRequest))]
[JsonSerializable(typeof(TrialReply))]
[JsonSerializable(typeof(TrialChat))]
internal sealed partial class TrialJsonContext : JsonSerializerContext
{
    private sealed class KindNames() : JsonStringEnumConverter<TrialKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
}
