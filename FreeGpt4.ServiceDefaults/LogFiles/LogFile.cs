using FreeGpt4.ServiceDefaults.Files;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Formatting;
using Serilog.Sinks.Async;

namespace FreeGpt4.ServiceDefaults.LogFiles;

/// <summary>Where a log goes, and how much of it is kept.</summary>
/// <param name="Folder">Made when it is missing.</param>
/// <param name="Name">As in <c>access.log</c>. Older ones are <c>access.log.1</c> and so on.</param>
/// <param name="FileSize">In bytes. A larger file is rotated.</param>
/// <param name="FileCount">How many files are kept, the current one included.</param>
public sealed record LogFile(string Folder, string Name, long FileSize, int FileCount)
{
    // At 1 KB a line and 1,000 requests a second these last for the ten seconds that a disk may be stuck.
    private const int LongestQueue = 10_000;

    /// <exception cref="OptionsValidationException">Nothing can be written in the folder.</exception>
    internal void ThrowIfNotWritable()
    {
        try
        {
            // Who asks for what and when is nobody else's business. A folder that is there already is its owner's.
            PrivateFolder.Create(Folder);
            var probe = Path.Combine(Folder, $".{Guid.NewGuid():N}");
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new OptionsValidationException(
                Options.DefaultName, typeof(LogFile), [$"LOG_DIR is \"{Folder}\"; allowed is a folder that can be written ({refused.Message})."]);
        }
    }

    /// <summary>
    /// A writer whose caller never waits: lines are written by a thread of its own, and dropped (and counted) when that one is behind
    /// by <see cref="LongestQueue"/> lines.
    /// </summary>
    internal LoggerConfiguration ToWriter(ITextFormatter formatter, IAsyncLogEventSinkMonitor? monitor = null)
        => new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Async(
            inner => inner.Sink(new RotatingFile(Path.Combine(Folder, Name), FileSize, FileCount, formatter)),
            LongestQueue, blockWhenFull: false, monitor);
}
