namespace FreeGpt4.ServiceDefaults.Settings;

/// <summary><c>DATA_DIR</c>: where the replicas of one host keep what they share.</summary>
public static class DataFolder
{
    /// <summary>How the name of a file ends that has a user's password in it until it is changed; before that is the user's name.</summary>
    public const string PasswordEnding = "-password.txt";

    /// <summary>Where the password of the first admin is until it is changed.</summary>
    public const string FirstPassword = $"admin{PasswordEnding}";

    private const string Setting = "DATA_DIR";

    public static string Default { get; } = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "freegpt4");

    /// <returns>An absolute path.</returns>
    public static string Read(SettingsReader settings) =>
        settings.Text(Setting) is { } path ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) : Default;
}
