namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>An AppHost that prints what its build told it, one resource, and the least of an Aspire.Hosting to build them against.</summary>
internal static class MiniatureProjects
{
    public const string AppHost = "Mini.AppHost/Mini.AppHost.csproj";

    /// <summary>A dash and a digit after a dot: neither can stand in a type name like that.</summary>
    public const string Resource = "Mini.2nd-Api/Mini.2nd-Api.csproj";

    public const string ResourceClass = "Mini__2nd_Api";

    private const string Executable = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
          </PropertyGroup>
        </Project>
        """;

    public static void WriteTo(BuildWorkspace workspace)
    {
        workspace.Write(AppHost, """
            <Project>
              <Import Project="../aspire/build/AppHost.props" />
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <IsAspireHost>true</IsAspireHost>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="../Mini.2nd-Api/Mini.2nd-Api.csproj" />
              </ItemGroup>
              <Import Project="../aspire/build/AppHost.targets" />
            </Project>
            """);
        workspace.Write("Mini.AppHost/AppHost.cs", """
            using System.Reflection;

            var assembly = Assembly.GetExecutingAssembly();
            foreach (var metadata in assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
            {
                Console.WriteLine($"{metadata.Key}={metadata.Value}");
            }

            foreach (var type in assembly.GetTypes().Where(type => type.Namespace == "Projects" && type.GetInterfaces().Length > 0))
            {
                Console.WriteLine($"{type.Name}={type.GetProperty("ProjectPath")!.GetValue(Activator.CreateInstance(type))}");
            }
            """);
        workspace.Write(Resource, Executable);
        workspace.Write("Mini.2nd-Api/Program.cs", "Console.WriteLine();\n");
        workspace.Write("aspire/Aspire.Hosting/Aspire.Hosting.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""");
        workspace.Write("aspire/Aspire.Hosting/IProjectMetadata.cs", """
            namespace Aspire.Hosting
            {
                public interface IProjectMetadata : ApplicationModel.IResourceAnnotation
                {
                    string ProjectPath { get; }

                    bool SuppressBuild => false;
                }
            }

            namespace Aspire.Hosting.ApplicationModel
            {
                public interface IResourceAnnotation;
            }
            """);
        workspace.Write(".editorconfig", "root = true\n");
        workspace.Write("Mini.slnx", $"""
            <Solution>
              <Project Path="{AppHost}" />
              <Project Path="{Resource}" />
              <Project Path="aspire/Aspire.Hosting/Aspire.Hosting.csproj" />
            </Solution>
            """);
    }

    public static string WriteDcp(string home)
    {
        var folder = Directory.CreateDirectory(Path.Combine(home, "dcp")).FullName;
        File.WriteAllText(Path.Combine(folder, "dcp"), "");
        return folder;
    }

    public static string WriteDashboard(string home)
    {
        var file = Path.Combine(home, "dashboard");
        File.WriteAllText(file, "");
        return file;
    }
}
