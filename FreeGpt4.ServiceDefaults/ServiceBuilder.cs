using Microsoft.AspNetCore.Builder;

namespace FreeGpt4.ServiceDefaults;

public static class ServiceBuilder
{
    // https://learn.microsoft.com/dotnet/api/microsoft.extensions.hosting.host.createdefaultbuilder
    private const string WatchNothing = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>
    /// As <see cref="WebApplication.CreateBuilder(string[])"/>, except that configuration files are read once. To notice a change of
    /// <c>appsettings.json</c> the host would watch every folder below the one it was started in, which may be somebody's home; and of what
    /// it needs for that, inotify instances, Linux gives a user 128.
    /// </summary>
    public static WebApplicationBuilder Create(string[] args) => WebApplication.CreateBuilder([WatchNothing, .. args]);
}
