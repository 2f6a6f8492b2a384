using Microsoft.Extensions.Configuration;

namespace FreeGpt4.AppHost;

/// <summary><c>DATA_DIR</c>, as the replicas understand it.</summary>
internal static class DataFolder
{
    private const UnixFileMode OfThisUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static string Default { get; } = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "freegpt4");

    public static string Of(IConfiguration settings)
        => settings["DATA_DIR"]?.Trim() is { Length: > 0 } path ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) : Default;

    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OfThisUser);
        }
    }
}
