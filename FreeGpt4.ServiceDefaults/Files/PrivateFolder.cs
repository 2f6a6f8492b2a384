namespace FreeGpt4.ServiceDefaults.Files;

/// <summary>Folders and files that are nobody's business but ours.</summary>
public static class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Makes an empty file that only this user can read, unless there is one. That is not opened: the locks of SQLite would be lost.</summary>
    public static void CreateFile(string file)
    {
        if (!File.Exists(file))
        {
            new FileStream(file, OnlyOurs(FileMode.CreateNew, FileShare.None)).Dispose();
        }
    }

    /// <summary>Waits until no other process has the lock. It ends with the stream, or with the process.</summary>
    public static async Task<FileStream> LockAsync(string file, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryLock(file) is { } held)
            {
                return held;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Writes a file that only this user can read, whole or not at all, unless there is one.</summary>
    /// <returns>Whether it was written; if not, there was one.</returns>
    public static bool TryWriteNew(string file, string text)
    {
        // A move takes the place of a file that comes to be at the same moment: .NET looks for one, and then renames.
        using var turn = Lock(Path.Combine(Path.GetDirectoryName(file)!, "files.lock"));
        if (File.Exists(file))
        {
            return false;
        }

        var draft = $"{file}.{Guid.NewGuid():N}";
        using (var writer = new StreamWriter(draft, OnlyOurs(FileMode.CreateNew, FileShare.None)))
        {
            writer.Write(text);
        }

        File.Move(draft, file);
        return true;
    }

    private static FileStream Lock(string file)
    {
        while (true)
        {
            if (TryLock(file) is { } held)
            {
                return held;
            }

            Thread.Sleep(Pause);
        }
    }

    private static FileStream? TryLock(string file)
    {
        try
        {
            return new FileStream(file, OnlyOurs(FileMode.OpenOrCreate, FileShare.None));
        }
        catch (IOException) when (File.Exists(file))
        {
            return null;
        }
    }

    private static FileStreamOptions OnlyOurs(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }
}
