using System.Runtime.InteropServices;

namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>
/// A clone in miniature in a temporary folder: this repository's build files, and an AppHost with one resource. It has a home, a
/// package cache and NuGet sources of its own, so that nothing of the machine decides a test and nothing of a test stays on the machine.
/// </summary>
internal sealed class BuildWorkspace : IDisposable
{
    private static readonly string[] CopiedFiles = ["Directory.Build.props", "Directory.Packages.props", "Directory.Solution.props"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("freegpt4-build-");

    public BuildWorkspace()
    {
        Root = _folder.CreateSubdirectory("clone").FullName;
        Home = _folder.CreateSubdirectory("home").FullName;
        foreach (var file in CopiedFiles)
        {
            File.Copy(Path.Combine(Repository, file), Path.Combine(Root, file));
        }

        Copy(Path.Combine(Repository, "aspire", "build"), Path.Combine(Root, "aspire", "build"));
        Copy(Path.Combine(Repository, "aspire", "bundle"), Path.Combine(Root, "aspire", "bundle"));
        MiniatureProjects.WriteTo(this);
        Environment = IsolatedEnvironment();
    }

    /// <summary>The folder of this repository's solution.</summary>
    public static string Repository { get; } = Infrastructure.Repository.Path;

    public string Root { get; }

    public string Home { get; }

    public Dictionary<string, string?> Environment { get; }

    public string Record => Path.Combine(Root, "artifacts", "aspire-hosting", "choice.props");

    public FolderFeed NewFeed() => new(Path.Combine(_folder.FullName, "feed"));

    /// <summary>Makes the URL or folder the only NuGet source.</summary>
    public BuildWorkspace UseSource(string source)
    {
        Write("NuGet.config", $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="feed" value="{source}" allowInsecureConnections="true" />
              </packageSources>
            </configuration>
            """);
        return this;
    }

    public void Write(string path, string text)
    {
        var file = new FileInfo(Path.Combine(Root, path));
        file.Directory!.Create();
        File.WriteAllText(file.FullName, text);
    }

    public Command Dotnet(params string[] arguments) =>
        new("dotnet", arguments) { WorkingDirectory = Root, Environment = Environment };

    /// <summary>Only the choice, of a build that starts with the solution.</summary>
    public Command Choose(params string[] options) =>
        Dotnet(["msbuild", "Directory.Solution.props", "-t:ChooseAspireHosting", "-nologo", .. options]);

    public void Dispose() => _folder.Delete(recursive: true);

    private Dictionary<string, string?> IsolatedEnvironment() => new()
    {
        ["PATH"] = System.Environment.GetEnvironmentVariable("PATH"),
        ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
        ["HOME"] = Home,
        ["NUGET_PACKAGES"] = Path.Combine(_folder.FullName, "packages"),
        // An answer that does not come is not worth a second question here.
        ["NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT"] = "1",
        // Nothing may stay behind to serve the next build.
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["UseSharedCompilation"] = "false",
        // How the miniature reads is nobody's concern.
        ["RunAnalyzers"] = "false",
        ["ASPIRE_DCP_PATH"] = MiniatureProjects.WriteDcp(Home),
        ["ASPIRE_DASHBOARD_PATH"] = MiniatureProjects.WriteDashboard(Home),
    };

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
