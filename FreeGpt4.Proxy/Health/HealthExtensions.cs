using FreeGpt4.ServiceDefaults.Settings;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace FreeGpt4.Proxy.Health;

internal static class HealthExtensions
{
    public static IReverseProxyBuilder AddReplicaHealth(this IReverseProxyBuilder proxy)
    {
        proxy.Services.AddSingleton<IPassiveHealthCheckPolicy, FailureCountPolicy>();
        proxy.Services.AddSingleton<IActiveHealthCheckPolicy, ReadinessPolicy>();
        proxy.Services.AddSingleton<IAvailableDestinationsPolicy, FittestPolicy>();
        proxy.Services.AddSingleton<StoppingReplicas>();
        proxy.Services.AddSingleton(new Probes());
        return proxy;
    }

    public static HealthCheckConfig HealthOf(EdgeOptions options, Probes probes) => new()
    {
        AvailableDestinationsPolicy = FittestPolicy.PolicyName,
        Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = FailureCountPolicy.PolicyName },
        Active = new ActiveHealthCheckConfig
        {
            // Behind an address that balances connections a probe reaches any of several replicas.
            Enabled = probes.Interval is not null && options.KeptConnections > 0,
            Policy = ReadinessPolicy.PolicyName,
            Interval = probes.Interval,
            Timeout = probes.Timeout,
            Path = "/health",
        },
    };
}
