using System.Text.Json.Serialization;

namespace FreeGpt4.Proxy.Errors;

/// <summary><c>{"error":{"message":"…","type":"…","param":null,"code":"…"}}</c>, as every OpenAI client reads it.</summary>
internal sealed record ErrorResponse(ErrorDetails Error);

internal sealed record ErrorDetails(string Message, string Type, string? Param, string? Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorResponse))]
internal sealed partial class ErrorJsonContext : JsonSerializerContext;
