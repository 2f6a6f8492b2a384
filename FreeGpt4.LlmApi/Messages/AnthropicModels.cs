using System.Text.Json.Serialization;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>The models as Anthropic's clients read them. https://docs.anthropic.com/en/api/models-list</summary>
internal static partial class AnthropicModels
{
    /// <summary>The address is OpenAI's too; only Anthropic's clients send this header.</summary>
    public static bool AreMeantBy(HttpRequest request) => request.Headers.ContainsKey("anthropic-version");

    /// <summary>All of them in one page; there is at least <c>auto</c>.</summary>
    public static IResult List(IReadOnlyList<Model> models) => TypedResults.Json(
        new ModelPage([.. models.Select(Info)], HasMore: false, models[0].Id, models[^1].Id),
        AnthropicJsonContext.Default.ModelPage);

    public static IResult One(Model model) => TypedResults.Json(Info(model), AnthropicJsonContext.Default.ModelInfo);

    // 1970 is what the schema wants where the time is not known.
    private static ModelInfo Info(Model model) => new(
        "model", model.Id, model.Id, DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(model.Created, 0, uint.MaxValue)).UtcDateTime);

    private sealed record ModelPage(IReadOnlyList<ModelInfo> Data, bool HasMore, string FirstId, string LastId);

    private sealed record ModelInfo(string Type, string Id, string DisplayName, DateTime CreatedAt, string Lifecycle = "active");

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(ModelPage))]
    private sealed partial class AnthropicJsonContext : JsonSerializerContext;
}
