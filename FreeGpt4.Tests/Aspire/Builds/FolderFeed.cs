using System.IO.Compression;

namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>A folder that NuGet takes packages from, with packages made on the spot.</summary>
internal sealed class FolderFeed
{
    public FolderFeed(string path) => Path = Directory.CreateDirectory(path).FullName;

    public string Path { get; }

    public FolderFeed Add(string id, string version, params (string Path, string Text)[] files)
    {
        using var package = ZipFile.Open(System.IO.Path.Combine(Path, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        Write(package, $"{id}.nuspec", $"""
            <?xml version="1.0"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata>
                <id>{id}</id>
                <version>{version}</version>
                <authors>FreeGpt4.Tests</authors>
                <description>Made by a test.</description>
              </metadata>
            </package>
            """);
        foreach (var file in files)
        {
            Write(package, file.Path, file.Text);
        }

        return this;
    }

    /// <summary>The package that is asked for, and an SDK of the same version that says on the assembly that it was used.</summary>
    public FolderFeed AddAspire(string version) => this
        .Add("Aspire.Hosting", version)
        .Add(
            "Aspire.AppHost.Sdk",
            version,
            ("Sdk/Sdk.props", $"""
                <Project>
                  <PropertyGroup><AspireHostingSDKVersion>{version}</AspireHostingSDKVersion></PropertyGroup>
                  <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
                </Project>
                """),
            ("Sdk/Sdk.targets", $"""
                <Project>
                  <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
                  <ItemGroup><AssemblyMetadata Include="sdk" Value="Aspire.AppHost.Sdk {version}" /></ItemGroup>
                </Project>
                """));

    private static void Write(ZipArchive package, string path, string text)
    {
        using var writer = new StreamWriter(package.CreateEntry(path).Open());
        writer.Write(text);
    }
}
