using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>The programs of Aspire that this AppHost uses. Asking for one that is missing throws <see cref="DistributedApplicationException"/>.</summary>
internal sealed class BundledPrograms(IConfiguration configuration, AppHostMetadata appHost)
{
    public string Dcp => DcpPaths.FindDcp(configuration, appHost.Assembly);

    public string Dashboard => DcpPaths.FindDashboard(configuration, appHost.Assembly);
}
