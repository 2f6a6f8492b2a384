using System.Text.Json;
using System.Text.Json.Serialization;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.Pages;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Status;

/// <summary>
/// Who can be asked, and if not, why not and what to set; and how the cluster is. Names no address and no key: anybody may read it, in
/// private mode who is there.
/// </summary>
internal static partial class StatusEndpoints
{
    private static readonly Reason OnlyWhenNamed = new("only_when_named", "is asked only when a setting or a request names it");
    private static readonly Reason LeftOut =
        new("left_out", "is set up, but FALLBACK_PROVIDERS leaves it out: it is asked only when a request names it");

    public static IEndpointRouteBuilder MapStatus(this IEndpointRouteBuilder routes)
    {
        var registry = routes.ServiceProvider.GetRequiredService<ProviderRegistry>();
        var health = routes.ServiceProvider.GetRequiredService<ProviderHealth>();
        var cluster = routes.ServiceProvider.GetRequiredService<ClusterStatus>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        var access = routes.ServiceProvider.GetRequiredService<Live<AccessOptions>>();
        var page = routes.ServiceProvider.OpenPage("status.html");
        routes.MapSeries();
        routes.MapGet("/status", IResult (HttpContext context) =>
        {
            if (context.Request.WantsPage())
            {
                return new PageResult(page);
            }

            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.Vary = "Accept";
            var providers = registry.Current;
            if (access.Current.IsPrivate && Caller.Of(context).Id is null)
            {
                // How many keys there are, and what they may still be used for, is not everybody's business. Servers that nobody runs are nobody's.
                var there = providers.Usable.Where(provider => provider.Absence is null && providers.Chain.Contains(provider));
                return TypedResults.Json(
                    new BriefReply([.. there.Select(provider => new BriefStatus(provider.Name, health.CooldownOf(provider) is null))]),
                    StatusJsonContext.Default.BriefReply);
            }

            return TypedResults.Json(
                new StatusReply(
                    [
                        .. providers.Chain.Select((provider, i) => Describe(provider, i + 1, whyUnasked: null, health, time)),
                        .. providers.Usable.Except(providers.Chain).Select(provider => Describe(
                            provider, position: null, providers.LeftOut.Contains(provider) ? LeftOut : OnlyWhenNamed, health, time)),
                        .. providers.Unused.Select(provider => new ProviderStatus(
                            provider.Name, Usable: false, Position: null, $"is not set up: {provider.WhatToDo}")
                        {
                            ReasonCode = "not_set_up",
                            ReasonSetting = provider.Missing.Name,
                        }),
                    ],
                    cluster.Replicas(),
                    cluster.State(),
                    cluster.Usage()),
                StatusJsonContext.Default.StatusReply);
        });
        return routes;
    }

    private sealed class PageResult(Page page) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => page.WriteAsync(httpContext);
    }

    /// <param name="whyUnasked">Why it has no position.</param>
    private static ProviderStatus Describe(Provider provider, int? position, Reason? whyUnasked, ProviderHealth health, TimeProvider time)
    {
        _ = provider.Models.Refresh();
        var options = provider.Options;
        var cooldown = health.CooldownOf(provider);
        var last = health.LastAnswerOf(provider);
        var reason = cooldown is { Failure: var failure }
            ? new(JsonNamingPolicy.SnakeCaseLower.ConvertName($"{failure}"), cooldown.Reason, failure is ProviderFailure.Key ? options.KeySetting : null)
            : provider.Absence is { } absence ? new(absence.Code, absence.Words) : whyUnasked;
        var told = last?.Limits is { } limits
            ? [new Allowance("as the provider says", limits.Limit, limits.Remaining)]
            : Array.Empty<Allowance>();
        return new(options.Name, cooldown is null && provider.Absence is null, position, reason?.Words)
        {
            ReasonCode = reason?.Code,
            ReasonSetting = reason?.Setting,
            Kind = options.Group.ToString().ToLowerInvariant(),
            Keys = options.Keys.Count,
            Models = provider.Models.Offered.Count,
            LastSuccess = last?.At,
            LatencyMs = last is null ? null : (long)last.Latency.TotalMilliseconds,
            CoolDownUntil = cooldown?.Until,
            RetryAfterSeconds = cooldown is null ? null : Math.Ceiling((cooldown.Until - time.GetUtcNow()).TotalSeconds),
            Limits = [.. health.AllowanceOf(provider).Select(one => new Allowance(Name(one.Window), one.Limit, one.Left)), .. told],
            PromptNote = options.PromptNote,
            FactsAsOf = options.FactsAsOf,
        };
    }

    private static string Name(TimeSpan window) => window.TotalMinutes switch
    {
        1 => "minute",
        60 => "hour",
        _ => "day",
    };

    /// <param name="Words">To be read after the name.</param>
    private sealed record Reason(string Code, string Words, string? Setting = null);

    private sealed record BriefReply(IReadOnlyList<BriefStatus> Providers);

    private sealed record BriefStatus(string Name, bool Usable);

    private sealed record StatusReply(
        IReadOnlyList<ProviderStatus> Providers, IReadOnlyList<ReplicaStatus> Replicas, StateStatus State, UsageStatus Usage);

    /// <param name="Position">In the order in which they are asked; <c>null</c> for those who are not unless named.</param>
    /// <param name="Reason">Why it is not usable, to be read after the name.</param>
    private sealed record ProviderStatus(string Name, bool Usable, int? Position, string? Reason)
    {
        /// <summary>The same for programs: what a <see cref="ProviderFailure"/> or an <see cref="Absence"/> is called, and a few more.</summary>
        public string? ReasonCode { get; init; }

        /// <summary>The setting that is missing or wrong, where one is.</summary>
        public string? ReasonSetting { get; init; }

        public string? Kind { get; init; }

        public int Keys { get; init; }

        public int Models { get; init; }

        public DateTimeOffset? LastSuccess { get; init; }

        public long? LatencyMs { get; init; }

        public DateTimeOffset? CoolDownUntil { get; init; }

        public double? RetryAfterSeconds { get; init; }

        public IReadOnlyList<Allowance> Limits { get; init; } = [];

        public string? PromptNote { get; init; }

        public string? FactsAsOf { get; init; }
    }

    private sealed record Allowance(string Per, int Limit, int Left);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(BriefReply))]
    [JsonSerializable(typeof(StatusReply))]
    private sealed partial class StatusJsonContext : JsonSerializerContext;
}
