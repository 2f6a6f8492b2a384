namespace Aspire.Hosting.Dcp;

internal enum DcpChangeType
{
    Added,
    Modified,
    Deleted,
}

/// <param name="Resource">As it is after the change; for a deleted one, as it was last seen.</param>
internal sealed record DcpChange<T>(DcpChangeType Type, T Resource);
