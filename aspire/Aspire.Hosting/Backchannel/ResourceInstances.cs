using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Backchannel;

internal static class ResourceInstances
{
    /// <summary>The instance of that name, or all instances of the resource of that name.</summary>
    public static IReadOnlyList<ResourceEvent> Named(this ResourceNotificationService notifications, string name)
    {
        if (notifications.TryGetCurrentState(name, out var instance))
        {
            return [instance];
        }

        return [.. notifications.Current().Where(known => string.Equals(known.Resource.Name, name, StringComparison.OrdinalIgnoreCase))];
    }
}
