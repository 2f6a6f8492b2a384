using System.Net;
using System.Net.NetworkInformation;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.AppHost;

internal static class EdgePorts
{
    /// <summary>Finds out that another process has a port of the edge, perhaps another cluster, before anything is started.</summary>
    public static void Check(EdgeOptions edge, SettingsReader settings)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Where(listener => edge.ListensToAny || IPAddress.IsLoopback(listener.Address)
                || listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any))
            .Select(listener => listener.Port)
            .ToHashSet();
        Check("EDGE_PORT", edge.Port);
        if (edge.TlsCertificate is not null)
        {
            Check("TLS_PORT", edge.TlsPort);
        }

        void Check(string setting, int port)
        {
            if (taken.Contains(port))
            {
                settings.Refuse($"{setting} is {port}, a port that another process listens on: stop that process, perhaps a cluster, or set {setting} to another port.");
            }
        }
    }
}
