namespace Aspire.Hosting.Dcp;

/// <summary>What a watch has told of so far, so that a new connection does not tell it again.</summary>
internal sealed class DcpKnownResources<T> where T : DcpResource
{
    private readonly Dictionary<string, T> _byUid = new(StringComparer.Ordinal);

    public bool IsEmpty => _byUid.Count == 0;

    /// <param name="type"><c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>; anything else is no change.</param>
    /// <returns><see langword="null"/> when this is known already.</returns>
    public DcpChange<T>? Take(string type, T resource)
    {
        var uid = resource.Metadata.Uid!;
        switch (type)
        {
            case "DELETED":
                return _byUid.Remove(uid) ? new(DcpChangeType.Deleted, resource) : null;

            case "ADDED" or "MODIFIED":
                var before = _byUid.GetValueOrDefault(uid);
                _byUid[uid] = resource;
                return before is null ? new(DcpChangeType.Added, resource)
                    : before.Metadata.ResourceVersion == resource.Metadata.ResourceVersion ? null
                    : new(DcpChangeType.Modified, resource);

            default:
                return null;
        }
    }

    /// <returns>The deletion of all that is known but does not exist any more.</returns>
    public IReadOnlyList<DcpChange<T>> TakeAllBut(IEnumerable<T> existing)
    {
        var uids = existing.Select(resource => resource.Metadata.Uid!).ToHashSet(StringComparer.Ordinal);
        var deleted = _byUid.Where(known => !uids.Contains(known.Key)).Select(known => known.Value).ToList();
        foreach (var resource in deleted)
        {
            _byUid.Remove(resource.Metadata.Uid!);
        }

        return [.. deleted.Select(resource => new DcpChange<T>(DcpChangeType.Deleted, resource))];
    }
}
