namespace Aspire.Hosting.Dcp;

/// <summary>An object in DCP's API: what it is called there and in its address.</summary>
/// <param name="Name">As in the object's <c>kind</c>, for example <c>Executable</c>.</param>
/// <param name="Plural">The collection in the address, for example <c>executables</c>.</param>
internal sealed record DcpKind(string Name, string Plural);

internal interface IDcpResource
{
    static abstract DcpKind Definition { get; }
}

/// <summary>What every object in DCP's API has. It is made like the API of Kubernetes: metadata, spec (wanted), status (seen).</summary>
internal abstract record DcpResource
{
    public const string Group = "usvc-dev.developer.microsoft.com";
    public const string Version = "v1";

    public string ApiVersion { get; } = $"{Group}/{Version}";

    public abstract string Kind { get; }

    public required DcpMetadata Metadata { get; init; }
}

internal sealed record DcpMetadata
{
    /// <summary>Unique among the objects of a kind.</summary>
    public required string Name { get; init; }

    /// <summary>Given by DCP; a new object of the same name has another.</summary>
    public string? Uid { get; init; }

    /// <summary>Changes with every change of the object.</summary>
    public string? ResourceVersion { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set while the object is being deleted: it goes when its process has ended.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public IReadOnlyList<DcpOwnerReference>? OwnerReferences { get; init; }
}

internal sealed record DcpOwnerReference(string Kind, string Name, string Uid);

internal sealed record DcpList<T>(IReadOnlyList<T> Items);
