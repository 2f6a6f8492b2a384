using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.ServiceDefaults.LogFiles;

public static class OwnLogFileExtensions
{
    /// <summary>
    /// Writes what the service logs to files of its own, too, as lines of JSON. Several processes may share the folder: no two write to the
    /// same file, and those that are gone leave no more files behind than one of them has.
    /// </summary>
    /// <param name="file">With a name without extension, under which this process is known to nobody else.</param>
    /// <param name="prefix">How the names of all these processes begin.</param>
    public static ILoggingBuilder AddOwnLogFile(this ILoggingBuilder logging, LogFile file, string prefix)
    {
        // Registered first, so that it goes after the writer.
        logging.Services.AddSingleton(_ =>
        {
            file.ThrowIfNotWritable();
            return OwnName.Take(file.Folder, file.Name);
        });
        logging.Services.AddSingleton<ILoggerProvider>(services =>
        {
            var own = file with { Name = $"{services.GetRequiredService<OwnName>().Name}.log" };
            OwnName.ClearAwayGone(file.Folder, prefix, file.FileCount);
            return new FileLoggers(own.ToWriter(new JsonLines()));
        });
        return logging;
    }
}
