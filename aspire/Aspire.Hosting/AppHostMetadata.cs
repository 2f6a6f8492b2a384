using System.Reflection;

namespace Aspire.Hosting;

/// <summary>What the build wrote into the AppHost's assembly.</summary>
internal sealed class AppHostMetadata(Assembly? appHost)
{
    public Assembly? Assembly { get; } = appHost;

    /// <summary>The value of a key, whatever its case; null when there is none.</summary>
    public string? this[string key] => Assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(a => string.Equals(a.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}
