namespace FreeGpt4.AppHost;

internal static class Nginx
{
    private const UnixFileMode AnyoneExecutes = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The nginx that is first on a PATH; null when there is none, as always on Windows, whose nginx hears no signals.</summary>
    public static string? ProgramOn(string? path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        foreach (var folder in path?.Split(Path.PathSeparator) ?? [])
        {
            var program = Path.Combine(folder, "nginx");
            if (Path.IsPathFullyQualified(folder) && File.Exists(program) && (File.GetUnixFileMode(program) & AnyoneExecutes) != 0)
            {
                return program;
            }
        }

        return null;
    }
}
