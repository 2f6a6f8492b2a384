using FreeGpt4.LlmApi.State;
using FreeGpt4.ServiceDefaults.Files;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>Passwords that nobody has chosen, each in a file that only this user can read, until the user chooses one.</summary>
internal sealed class PasswordFiles(StateOptions options)
{
    public string PathOf(string name) => Path.Combine(options.Folder, UserNames.KeyOf(name) + DataFolder.PasswordEnding);

    /// <returns>The path of the file.</returns>
    public string Write(string name, string password)
    {
        var path = PathOf(name);
        PrivateFolder.Create(options.Folder);
        File.Delete(path);
        PrivateFolder.TryWriteNew(path, password + Environment.NewLine);
        return path;
    }

    public void Delete(string name) => File.Delete(PathOf(name));

    /// <summary>Unless it was written anew.</summary>
    public void Delete(string name, string password)
    {
        if (File.ReadAllText(PathOf(name)).Trim() == password)
        {
            Delete(name);
        }
    }

    /// <summary>The names (in lower case) that have a file, and their passwords.</summary>
    public IEnumerable<(string Key, string Password)> Read() =>
        from path in Directory.EnumerateFiles(options.Folder, "*" + DataFolder.PasswordEnding)
        select (Path.GetFileName(path)[..^DataFolder.PasswordEnding.Length], File.ReadAllText(path).Trim());
}
