using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Serilog.Formatting.Display;

namespace FreeGpt4.ServiceDefaults.LogFiles;

public static class LogFileExtensions
{
    private const string Line = "{Timestamp:yyyy-MM-dd'T'HH:mm:ss.fffzzz} [{Level:u3}] {SourceContext}: {Message:lj}{NewLine}{Exception}";

    /// <summary>Writes what the service logs to files, too, besides standard output.</summary>
    /// <param name="file">Which one, once the settings are known, or null for none.</param>
    public static ILoggingBuilder AddLogFile(this ILoggingBuilder logging, Func<IServiceProvider, LogFile?> file)
    {
        logging.Services.AddSingleton<ILoggerProvider>(services =>
        {
            if (file(services) is not { } settings)
            {
                return NullLoggerProvider.Instance;
            }

            settings.ThrowIfNotWritable();
            return new FileLoggers(settings.ToWriter(new MessageTemplateTextFormatter(Line, formatProvider: null)));
        });
        return logging;
    }
}
