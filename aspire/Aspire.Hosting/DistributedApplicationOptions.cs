namespace Aspire.Hosting;

public sealed class DistributedApplicationOptions
{
    /// <summary>Command line arguments, read as configuration.</summary>
    public string[]? Args { get; set; }

    /// <summary>The assembly whose metadata names the AppHost project; by default the entry assembly.</summary>
    public string? AssemblyName { get; set; }

    public string? ProjectDirectory { get; set; }

    public string? DashboardApplicationName { get; set; }

    public bool DisableDashboard { get; set; }

    /// <summary>Lets the dashboard be served over plain HTTP.</summary>
    public bool AllowUnsecuredTransport { get; set; }
}
