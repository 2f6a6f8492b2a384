using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Usage;

internal static class UsageExtensions
{
    public static IServiceCollection AddUsage(this IServiceCollection services, SettingsReader settings) => services
        .AddSingleton(UsageOptions.Default with { IsEnabled = settings.Flag("ENABLE_USAGE_LOGGING", true) })
        .AddSingleton<GenAIMetrics>()
        .AddSingleton<UsageQueue>()
        .AddSingleton<DailyUsage>()
        .AddSingleton<UsageSeries>()
        .AddSingleton<IDailyUsage>(provided => provided.GetRequiredService<DailyUsage>())
        .AddHostedService<UsageWriter>();

    /// <summary>Gives every request a <see cref="RequestRecord"/>. Stands before whatever may write the reply.</summary>
    public static IApplicationBuilder UseRequestRecords(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        var queue = services.GetRequiredService<UsageQueue>();
        var daily = services.GetRequiredService<DailyUsage>();
        var isEnabled = services.GetRequiredService<UsageOptions>().IsEnabled;
        var log = services.GetRequiredService<RequestLog>();
        var time = services.GetRequiredService<TimeProvider>();
        var replica = services.GetRequiredService<Replica>().Id;
        return app.Use(async (context, next) =>
        {
            var record = new RequestRecord(time.GetUtcNow(), time.GetTimestamp());
            context.Features.Set(record);
            try
            {
                await next(context);
            }
            finally
            {
                record.Close(context, time);
                if (record.IsOfUse && (isEnabled || record.Caller.HasLimits))
                {
                    queue.Add(record.ToUsage(replica));
                }

                if (record is { Route: not null, Caller.Id: { } user })
                {
                    daily.Add(record.At, user, record.IsOfUse ? 0 : -1, (record.Tokens?.Prompt ?? 0) + (record.Tokens?.Completion ?? 0));
                    if (record is { IsOfUse: false, Caller.DailyRequests: not null })
                    {
                        daily.GiveBack(user);
                    }
                }

                log.Write(context, record);
            }
        });
    }

    /// <summary>From here on a request counts as one of its caller's. Stands behind whatever may still turn a caller away.</summary>
    public static IApplicationBuilder UseUsage(this IApplicationBuilder app)
    {
        var daily = app.ApplicationServices.GetRequiredService<DailyUsage>();
        return app.Use((context, next) =>
        {
            if (context.GetEndpoint() is RouteEndpoint route
                && route.Metadata.GetMetadata<CallersOnly>() is { IsCounted: true }
                && RequestRecord.Of(context) is { } record)
            {
                var caller = Caller.Of(context);
                record.Begin(route.RoutePattern.RawText ?? "", caller);
                if (caller is { Id: { } user, HasLimits: false })
                {
                    // Who has limits was counted when it was seen whether they are let in.
                    daily.Add(record.At, user, requests: 1, tokens: 0);
                }
            }

            return next(context);
        });
    }
}
