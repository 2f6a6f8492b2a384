using System.Runtime.InteropServices;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.AppHost;

internal static class NginxContainerExtensions
{
    private const string LogFolder = "/var/log/edge";
    private const string CertificateFolder = "/certs/certificate";
    private const string KeyFolder = "/certs/key";

    /// <summary>Adds the image of <c>nginx/</c>, built first, in front of an endpoint of a process of this machine.</summary>
    public static IResourceBuilder<ContainerResource> AddNginxContainer(
        this IDistributedApplicationBuilder builder, string name, EndpointReference upstream) => builder
        .AddDockerfile(name, "../nginx")
        .WithEnvironment("UPSTREAM", $"{upstream.Property(EndpointProperty.HostAndPort)}")
        // One address for all replicas, which stays.
        .WithEnvironment("UPSTREAM_RESOLVE", "off")
        .WithEnvironment("NGINX_SHUTDOWN_TIMEOUT", "2s");

    /// <summary>Has an edge in a container listen, log and find its certificate where one that is a process of this machine does.</summary>
    public static IResourceBuilder<ContainerResource> WithPlacesOf(this IResourceBuilder<ContainerResource> nginx, EdgeOptions edge)
    {
        // In its container; where this machine listens is for the engine to know.
        nginx.WithEnvironment("EDGE_LISTEN", "any").WithEnvironment("LOG_DIR", "");
        if (edge.TlsCertificate is { } certificate && edge.TlsCertificateKey is { } key)
        {
            nginx.WithHttpsEndpoint(port: edge.TlsPort, env: "TLS_PORT", isProxied: false)
                .WithExternalHttpEndpoints()
                .WithFileOf("TLS_CERTIFICATE", certificate, CertificateFolder)
                .WithFileOf("TLS_CERTIFICATE_KEY", key, KeyFolder);
        }

        if (edge.LogFolder is { } logs)
        {
            nginx.WithBindMount(Directory.CreateDirectory(logs).FullName, LogFolder).WithEnvironment("LOG_DIR", LogFolder);
        }

        if (OperatingSystem.IsLinux() && nginx.Resource.Annotations.OfType<ContainerMountAnnotation>().Any())
        {
            // What it writes belongs to this user, and it can read what this user can.
            nginx.WithContainerRuntimeArgs("--user", $"{UserId()}:{GroupId()}");
        }

        if (edge.ListensToAny)
        {
            foreach (var endpoint in nginx.Resource.Annotations.OfType<EndpointAnnotation>())
            {
                endpoint.TargetHost = "0.0.0.0";
            }
        }

        return nginx;
    }

    // With its folder: a file that is renewed is another, and a container that was given the one file would keep it.
    private static IResourceBuilder<ContainerResource> WithFileOf(
        this IResourceBuilder<ContainerResource> nginx, string setting, string file, string folder)
    {
        var path = Path.GetFullPath(file);
        return nginx
            .WithBindMount(Path.GetDirectoryName(path)!, folder, isReadOnly: true)
            .WithEnvironment(setting, $"{folder}/{Path.GetFileName(path)}");
    }

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint UserId();

    [DllImport("libc", EntryPoint = "getegid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GroupId();
}
