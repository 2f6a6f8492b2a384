using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;

namespace FreeGpt4.Tests.Aspire.Dcp;

/// <summary>The real DCP: where ASPIRE_DCP_PATH says, else where building the AppHost has put it.</summary>
internal static class DcpBundle
{
    public static string Dcp
    {
        get
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "DCP is installed on Linux only.");
            return DcpPaths.FindDcp(new ConfigurationBuilder().AddEnvironmentVariables().Build(), typeof(Projects.FreeGpt4_AppHost).Assembly);
        }
    }
}
