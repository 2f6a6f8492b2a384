using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>Containers of the engine of this machine, all on one network of the application's own.</summary>
internal sealed class ContainerWorkloads(DcpClient client) : Workloads<DcpContainer>(client)
{
    /// <summary>The name of the network in DCP. The engine knows it by a name that no other application's has.</summary>
    public const string Network = "aspire-container-network";

    protected override IEnumerable<(DcpLogSource Source, bool IsError)> Logs =>
        [(DcpLogSource.Startup, false), (DcpLogSource.Stdout, false), (DcpLogSource.Stderr, true)];

    /// <param name="name">What the engine calls the network; no other has it.</param>
    public Task CreateNetworkAsync(string name, CancellationToken cancellationToken) => Client.CreateAsync(
        new DcpContainerNetwork { Metadata = new() { Name = Network }, Spec = new(name) }, cancellationToken);

    public override ImmutableArray<ResourcePropertySnapshot> Describe(ResourceInstance instance, InstanceConfiguration configuration) =>
    [
        new(KnownProperties.ContainerImage, Image(instance)),
        new(KnownProperties.ContainerPorts, instance.TargetPorts.Values.Distinct().ToArray()),
        new(KnownProperties.ContainerCommand, Resource(instance).Entrypoint),
        new(KnownProperties.ContainerArgs, Shown(configuration)) { IsSensitive = true },
        new(KnownProperties.ContainerLifetime, nameof(ContainerLifetime.Session)),
    ];

    public override Task RemoveAsync(IReadOnlySet<string> ids, CancellationToken cancellationToken)
        => Client.DeleteUntilGoneAsync<DcpContainer>(ids.Contains, cancellationToken);

    protected override DcpContainer Object(ResourceInstance instance, InstanceConfiguration configuration)
    {
        var resource = Resource(instance);
        return new()
        {
            Metadata = new()
            {
                Name = instance.Id,
                Annotations = new Dictionary<string, string>(Annotations(instance)) { [DcpServiceProducer.Annotation] = Producers(instance) },
            },
            Spec = new()
            {
                Image = Image(instance),
                Build = Build(instance, configuration),
                ContainerName = resource.TryGetLastAnnotation<ContainerNameAnnotation>(out var named) ? named.Name : instance.Id,
                Command = resource.Entrypoint,
                Args = Args(configuration),
                Env = Environment(configuration),
                Ports = [.. instance.TargetPorts.Select(p => Port(p.Key, p.Value))],
                VolumeMounts =
                [
                    .. resource.Annotations.OfType<ContainerMountAnnotation>()
                        .Select(mount => new DcpVolumeMount(mount.Kind, mount.Source, mount.Target, mount.IsReadOnly)),
                ],
                Networks = [new(Network, [resource.Name])],
                RunArgs = configuration.RuntimeArgs,
            },
        };
    }

    private static ContainerResource Resource(ResourceInstance instance) => (ContainerResource)instance.Resource;

    private static string Image(ResourceInstance instance)
        => instance.Resource.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build) && build.ImageName is { } name
            ? $"{name}:{build.ImageTag}"
            : instance.Resource.GetLastAnnotation<ContainerImageAnnotation>().Reference;

    private static DcpContainerBuild? Build(ResourceInstance instance, InstanceConfiguration configuration)
        => instance.Resource.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build)
            ? new(build.ContextPath, build.DockerfilePath, build.Stage, configuration.BuildArguments)
            : null;

    private static DcpContainerPort Port(EndpointAnnotation endpoint, int port) => new(
        port,
        endpoint.IsProxied ? null : endpoint.Port,
        endpoint.TargetHost is KnownHostNames.Localhost ? DcpContainerPort.Loopback : endpoint.TargetHost);

    // Where the engine publishes a port only DCP learns, which then sends there what comes to the address of the endpoint.
    private static string Producers(ResourceInstance instance) => DcpServiceProducer.ToAnnotation(
        [.. instance.TargetPorts.Where(p => p.Key.IsProxied).Select(p => new DcpServiceProducer(ResourceConfigurator.ServiceName(instance.Resource, p.Key), p.Value))]);
}
