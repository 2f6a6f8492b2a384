using System.Text.Json;
using System.Text.Json.Serialization;

namespace FreeGpt4.LlmApi.Usage;

internal enum UsageGroup
{
    Day,
    Provider,
    Model,
    User,
}

/// <param name="From">The first day (UTC).</param>
/// <param name="To">The last day.</param>
internal sealed record UsageReply(DateOnly From, DateOnly To, string By, UsageTotal Total, IReadOnlyList<UsageTotal> Groups);

/// <param name="Key">A day, or the name of a provider or a model, or the id of a user; empty for who has none.</param>
/// <param name="Name">Of a user, as far as there still is one.</param>
internal sealed record UsageTotal(string? Key, string? Name, long Requests, long Failures, long PromptTokens, long CompletionTokens)
{
    public long TotalTokens => PromptTokens + CompletionTokens;

    /// <summary>Milliseconds.</summary>
    public double? AverageFirstToken => FirstTokens == 0 ? null : Math.Round((double)FirstTokenMs / FirstTokens, 1);

    /// <summary>Milliseconds.</summary>
    public double? AverageDuration => Requests == 0 ? null : Math.Round((double)DurationMs / Requests, 1);

    [JsonIgnore]
    public long FirstTokenMs { get; init; }

    [JsonIgnore]
    public long FirstTokens { get; init; }

    [JsonIgnore]
    public long DurationMs { get; init; }

    public static UsageTotal Sum(IReadOnlyCollection<UsageTotal> groups) => new(
        Key: null,
        Name: null,
        groups.Sum(one => one.Requests),
        groups.Sum(one => one.Failures),
        groups.Sum(one => one.PromptTokens),
        groups.Sum(one => one.CompletionTokens))
    {
        FirstTokenMs = groups.Sum(one => one.FirstTokenMs),
        FirstTokens = groups.Sum(one => one.FirstTokens),
        DurationMs = groups.Sum(one => one.DurationMs),
    };
}

internal sealed record RequestFilter(
    DateOnly? From, DateOnly? To, Guid? User, string? Provider, string? Model, Outcome? Outcome, long? Before);

/// <param name="Next">For <c>before</c>, to have the page after this one; <c>null</c> on the last.</param>
internal sealed record RequestPage(IReadOnlyList<UsageRecord> Requests, long? Next);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(UsageReply))]
[JsonSerializable(typeof(RequestPage))]
internal sealed partial class UsageJsonContext : JsonSerializerContext;
