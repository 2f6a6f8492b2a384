using FreeGpt4.LlmApi.Status;
using FreeGpt4.ServiceDefaults.LogFiles;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Hosting;

internal static class HostingExtensions
{
    private const string DefaultUrl = "http://localhost:5500";
    private const long LargestBody = 16 << 20;
    private const long LargestBodyMinimum = 1 << 10;
    private const long LargestBodyMaximum = 1 << 30;

    // A question of 10,000 characters in /?text=, each six bytes long when escaped.
    private const int LongestRequestLine = 64 * 1024;

    private static readonly Dictionary<string, LogLevel> Levels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["TRACE"] = LogLevel.Trace,
        ["DEBUG"] = LogLevel.Debug,
        ["INFO"] = LogLevel.Information,
        ["WARNING"] = LogLevel.Warning,
        ["ERROR"] = LogLevel.Error,

        // .NET's names, as far as they are others.
        ["Information"] = LogLevel.Information,
        ["Critical"] = LogLevel.Critical,
        ["None"] = LogLevel.None,
    };

    /// <summary>Port 5500 unless addresses are configured, and <c>MAX_BODY_SIZE</c>, which the edge keeps to as well.</summary>
    public static WebApplicationBuilder AddListener(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var largestBody = settings.Size("MAX_BODY_SIZE", LargestBody, LargestBodyMinimum, LargestBodyMaximum);
        string[] addresses = [WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];
        if (addresses.All(setting => string.IsNullOrEmpty(builder.Configuration[setting]))
            && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = largestBody;
            kestrel.Limits.MaxRequestLineSize = LongestRequestLine;
        });
        return builder;
    }

    /// <summary><c>LOG_LEVEL</c>; the framework's own voice is heard from DEBUG on.</summary>
    public static WebApplicationBuilder AddLogLevel(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var level = settings.OneOf("LOG_LEVEL", LogLevel.Information, Levels);
        builder.Logging.SetMinimumLevel(level);
        if (level >= LogLevel.Information)
        {
            // A setting that stops the start has its one line on standard error; the host would write a stack trace besides.
            builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        }

        if (level is LogLevel.Information)
        {
            builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
            builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning);
        }

        return builder;
    }

    /// <summary><c>LOG_DIR</c>: a file that is followed by the next when it is full, for each replica.</summary>
    public static WebApplicationBuilder AddLogFile(this WebApplicationBuilder builder, SettingsReader settings)
    {
        const string Prefix = "llm-api-";
        var size = settings.Size("LOG_FILE_SIZE", 10 << 20, 64 << 10, 1 << 30);
        var count = settings.Number("LOG_FILE_COUNT", 5, 1, 100);
        if (settings.Text("LOG_DIR") is { } folder)
        {
            builder.Logging.AddOwnLogFile(new(Path.GetFullPath(folder), Prefix + Replica.Read(settings).Id, size, count), Prefix);
        }

        return builder;
    }

    /// <summary><c>ENABLE_REQUEST_LOGGING</c>, whatever <c>LOG_LEVEL</c> says.</summary>
    public static IServiceCollection AddRequestLog(this IServiceCollection services, SettingsReader settings)
    {
        var isEnabled = settings.Flag("ENABLE_REQUEST_LOGGING", false);
        return services
            .AddLogging(logging => logging.AddFilter(typeof(RequestLog).FullName, LogLevel.Information))
            .AddSingleton(provided => ActivatorUtilities.CreateInstance<RequestLog>(provided, isEnabled));
    }

    public static IServiceCollection AddReplicas(this IServiceCollection services) => services
        .AddSingleton<LiveReplicas>()
        .AddSingleton<ClusterStatus>()
        .AddHostedService<Heartbeat>();

    /// <summary>Call it after the last setting was read: the start is refused when one of them was bad.</summary>
    public static IServiceCollection AddSettingsCheck(this IServiceCollection services, SettingsReader settings)
    {
        services.AddOptions<SettingsCheck>().Configure(_ => settings.ThrowIfBad<SettingsCheck>()).ValidateOnStart();
        return services;
    }

    private sealed class SettingsCheck;
}
