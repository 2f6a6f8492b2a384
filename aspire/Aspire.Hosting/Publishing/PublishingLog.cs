using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Publishing;

/// <summary>What publishing says it did.</summary>
internal static partial class PublishingLog
{
    [LoggerMessage(1, LogLevel.Information, "Wrote {Path}")]
    public static partial void Wrote(ILogger logger, string path);
}
