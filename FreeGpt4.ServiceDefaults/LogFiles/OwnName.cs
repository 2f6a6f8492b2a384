using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace FreeGpt4.ServiceDefaults.LogFiles;

/// <summary>
/// A name for the log files of one of several processes that share a folder. Nobody else has it for as long as this one is there: it holds
/// a lock, which the system takes back when the process ends, however it ends.
/// </summary>
internal sealed partial class OwnName : IDisposable
{
    private readonly FileStream _lock;

    private OwnName(string name, FileStream held) => (Name, _lock) = (name, held);

    /// <summary>Without the extension.</summary>
    public string Name { get; }

    /// <param name="wanted">Is followed by a number if somebody has it.</param>
    /// <exception cref="OptionsValidationException">Nobody can tell whether somebody has it.</exception>
    public static OwnName Take(string folder, string wanted)
    {
        for (var i = 1; ; i++)
        {
            var name = i == 1 ? wanted : string.Create(CultureInfo.InvariantCulture, $"{wanted}.{i}");
            var file = LockOf(folder, name);
            try
            {
                if (TryLock(file, FileMode.OpenOrCreate) is { } held)
                {
                    return new(name, held);
                }
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                throw new OptionsValidationException(
                    Options.DefaultName, typeof(LogFile),
                    [$"LOG_DIR is \"{folder}\", where {Path.GetFileName(file)} cannot be opened ({refused.Message}); remove it, or set another LOG_DIR."]);
            }
        }
    }

    /// <summary>Of the files of processes that are gone all together only the newest stay: their names may be new with every start.</summary>
    /// <param name="prefix">Of the names of all these processes.</param>
    public static void ClearAwayGone(string folder, string prefix, int keep)
    {
        var gone = new Dictionary<string, bool>();
        var files = new DirectoryInfo(folder).GetFiles($"{prefix}*")
            .Where(file => Ending().IsMatch(file.Name))
            .Where(file =>
            {
                var name = Ending().Replace(file.Name, "");
                if (!gone.TryGetValue(name, out var isGone))
                {
                    gone[name] = isGone = IsGone(folder, name);
                }

                return isGone;
            })
            .OrderByDescending(file => file.LastWriteTimeUtc);
        foreach (var file in files.Skip(keep))
        {
            try
            {
                file.Delete();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else does the same.
            }
        }
    }

    public void Dispose() => _lock.Dispose();

    private static bool IsGone(string folder, string name)
    {
        var file = LockOf(folder, name);
        if (!File.Exists(file))
        {
            return true;
        }

        try
        {
            using var held = TryLock(file, FileMode.Open);
            return held is not null;
        }
        catch (UnauthorizedAccessException)
        {
            // Another user's, and so are the files.
            return false;
        }
    }

    private static string LockOf(string folder, string name) => Path.Combine(folder, $".{name}.lock");

    // With it goes the file.
    private static FileStream? TryLock(string file, FileMode mode)
    {
        try
        {
            return new(file, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException) when (File.Exists(file) || mode is FileMode.Open)
        {
            return null;
        }
    }

    // Of the newest file of a process, and of those before it.
    [GeneratedRegex(@"\.log(\.[0-9]+)?$")]
    private static partial Regex Ending();
}
