namespace Aspire.Hosting.ApplicationModel;

/// <summary>What the instances of a resource look like before anything has happened.</summary>
public class ResourceSnapshotAnnotation(CustomResourceSnapshot initialSnapshot) : IResourceAnnotation
{
    public CustomResourceSnapshot InitialSnapshot { get; } = initialSnapshot;
}

/// <summary>Shows in the dashboard that one resource has to do with another.</summary>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public string Type { get; } = type;
}

/// <summary>The picture beside the name of a resource.</summary>
/// <param name="iconName">A name from the Fluent UI icons.</param>
public sealed class ResourceIconAnnotation(string iconName, IconVariant iconVariant = IconVariant.Filled) : IResourceAnnotation
{
    public string IconName { get; } = iconName;

    public IconVariant IconVariant { get; } = iconVariant;
}

/// <summary>Hides a resource.</summary>
/// <param name="exitCodes">Only once it has ended with one of these; null for always.</param>
internal sealed class HiddenAnnotation(IReadOnlyList<int>? exitCodes) : IResourceAnnotation
{
    /// <summary>Whether an instance is hidden that looks like that.</summary>
    public bool Hides(CustomResourceSnapshot snapshot)
        => exitCodes is null || (snapshot.ExitCode is { } code && exitCodes.Contains(code) && ResourceNotificationService.IsTerminal(snapshot));
}

/// <summary>What the dashboard calls the ways in which resources have to do with each other.</summary>
internal static class KnownRelationships
{
    public const string Parent = "Parent";
    public const string Reference = "Reference";
    public const string WaitFor = "WaitFor";
}
