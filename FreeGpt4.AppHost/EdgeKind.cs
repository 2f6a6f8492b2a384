namespace FreeGpt4.AppHost;

/// <summary>What stands before the replicas.</summary>
internal enum EdgeKind
{
    /// <summary>FreeGpt4.Proxy.</summary>
    Proxy,

    /// <summary>The nginx of this machine.</summary>
    Nginx,

    /// <summary>The image of <c>nginx/</c>, which is what is deployed.</summary>
    NginxContainer,

    /// <summary>The stock YARP container, which only forwards.</summary>
    YarpContainer,
}
