using System.Reflection;
using System.Reflection.Emit;
using Aspire.Hosting;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;

namespace FreeGpt4.Tests.Aspire.Dcp;

public sealed class DcpPathsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dcp-paths").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void FindDcp_InEveryPlace_TakesTheSetting()
    {
        var setting = Create("setting/dcp");
        Create("environment/dcp");
        var configuration = Configure(("DcpPublisher:CliPath", setting), ("ASPIRE_DCP_PATH", Path.Combine(_folder, "environment")));

        DcpPaths.FindDcp(configuration, Stamped("dcpclipath", Create("build/dcp"))).ShouldBe(setting);
    }

    [Fact]
    public void FindDcp_InEnvironmentAndBuild_TakesTheFileInTheFolderOfTheEnvironment()
    {
        var environment = Create("environment/dcp");
        var configuration = Configure(("ASPIRE_DCP_PATH", Path.Combine(_folder, "environment")));

        DcpPaths.FindDcp(configuration, Stamped("dcpclipath", Create("build/dcp"))).ShouldBe(environment);
    }

    [Fact]
    public void FindDashboard_InEnvironmentAndBuild_TakesTheFileOfTheEnvironment()
    {
        var environment = Create("environment/aspire-managed");
        var configuration = Configure(("ASPIRE_DASHBOARD_PATH", environment));

        DcpPaths.FindDashboard(configuration, Stamped("aspiredashboardpath", Create("build/aspire-managed"))).ShouldBe(environment);
    }

    [Theory]
    [InlineData("aspiredashboardpath")]
    [InlineData("AspireDashboardPath")]
    public void FindDashboard_InTheBuildAlone_TakesIt(string key)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("ASPIRE_DASHBOARD_PATH") is { Length: > 0 }, "ASPIRE_DASHBOARD_PATH is set.");
        var build = Create("build/aspire-managed");

        DcpPaths.FindDashboard(Configure(), Stamped(key, build)).ShouldBe(build);
    }

    [Fact]
    public void FindDcp_WithoutTheFile_SaysWhereItShouldBe()
    {
        var missing = Path.Combine(_folder, "missing", "dcp");

        var exception = Should.Throw<DistributedApplicationException>(
            () => DcpPaths.FindDcp(Configure(("DcpPublisher:CliPath", missing)), Stamped("dcpclipath", Create("build/dcp"))));

        exception.Message.ShouldBe(
            $"DCP, which runs the resources, is not at '{missing}', where DcpPublisher:CliPath says it is: " +
            "build the AppHost again to install it, or correct the path.");
    }

    [Fact]
    public void FindDashboard_WithoutAnyPlace_SaysHowToGetIt()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("ASPIRE_DASHBOARD_PATH") is { Length: > 0 }, "ASPIRE_DASHBOARD_PATH is set.");

        var exception = Should.Throw<DistributedApplicationException>(() => DcpPaths.FindDashboard(Configure(), appHost: null));

        exception.Message.ShouldBe(
            "The dashboard is not installed: build the AppHost with npm on the PATH, which installs it, or set ASPIRE_DASHBOARD_PATH " +
            "to where it is.");
    }

    private static IConfiguration Configure(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
            .Build();

    private static AssemblyBuilder Stamped(string key, string value)
    {
        var constructor = typeof(AssemblyMetadataAttribute).GetConstructor([typeof(string), typeof(string)])!;
        return AssemblyBuilder.DefineDynamicAssembly(
            new AssemblyName("AppHost"), AssemblyBuilderAccess.Run, [new CustomAttributeBuilder(constructor, [key, value])]);
    }

    private string Create(string file)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }
}
