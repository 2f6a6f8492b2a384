namespace Aspire.Hosting.ApplicationModel;

/// <summary>A container in the engine of this machine, which is removed when the application stops. Its volumes stay.</summary>
public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>What is run in place of the image's own entry point.</summary>
    public string? Entrypoint { get; set; } = entrypoint;
}

/// <summary>What a container is made from.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    /// <summary>Null for the engine's default registry.</summary>
    public string? Registry { get; set; }

    public required string Image { get; set; }

    public string? Tag { get; set; }

    /// <summary>The digest, in hexadecimal, which goes before the tag.</summary>
    public string? SHA256 { get; set; }

    /// <summary>As the engine is asked for it: <c>docker.io/library/postgres:17</c>, <c>postgres@sha256:…</c>.</summary>
    internal string Reference =>
        (Registry is { Length: > 0 } ? $"{Registry}/{Image}" : Image)
        + (SHA256 is { Length: > 0 } ? $"@sha256:{SHA256}" : Tag is { Length: > 0 } ? $":{Tag}" : "");
}

public enum ContainerMountType
{
    BindMount = 0,
    Volume = 1,
}

/// <summary>A folder in a container whose content outlives it.</summary>
/// <param name="source">A path on this machine, or the name of a volume; null for a volume that only this container has.</param>
/// <param name="target">The path in the container.</param>
public sealed class ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly) : IResourceAnnotation
{
    public string? Source { get; } = source;

    public string Target { get; } = target;

    public ContainerMountType Type { get; } = type;

    public bool IsReadOnly { get; } = isReadOnly;

    /// <summary>As DCP and the dashboard name the type.</summary>
    internal string Kind => Type is ContainerMountType.Volume ? "volume" : "bind";
}

/// <summary>What the engine calls a container. Two of one name cannot exist at once.</summary>
public sealed class ContainerNameAnnotation : IResourceAnnotation
{
    public required string Name { get; set; }
}

/// <summary>Adds arguments to the command by which the engine makes a container.</summary>
public sealed class ContainerRuntimeArgsCallbackAnnotation : IResourceAnnotation
{
    public ContainerRuntimeArgsCallbackAnnotation(Action<IList<object>> callback)
        : this(context =>
        {
            callback(context.Args);
            return Task.CompletedTask;
        })
    {
    }

    public ContainerRuntimeArgsCallbackAnnotation(Func<ContainerRuntimeArgsCallbackContext, Task> callback) => Callback = callback;

    public Func<ContainerRuntimeArgsCallbackContext, Task> Callback { get; }
}

public sealed class ContainerRuntimeArgsCallbackContext(IList<object> args, CancellationToken cancellationToken = default)
{
    public IList<object> Args { get; } = args;

    public CancellationToken CancellationToken { get; } = cancellationToken;
}

public enum ContainerLifetime
{
    Session = 0,
    Persistent = 1,
}
