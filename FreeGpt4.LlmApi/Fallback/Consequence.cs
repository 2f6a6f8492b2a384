using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>What is at fault when a provider fails.</summary>
internal enum FailureScope
{
    /// <summary>The key; where none is the provider's own, the provider.</summary>
    Key,

    Model,

    /// <summary>The provider, with all its keys.</summary>
    Provider,
}

/// <summary>What a failure is followed by, if the upstream does not say itself how long it wants to be left alone.</summary>
/// <param name="First">After the first failure in a row; each further one doubles it.</param>
/// <param name="Longest">Up to here.</param>
internal sealed record Consequence(FailureScope Scope, TimeSpan First, TimeSpan Longest)
{
    // A refused key is not repaired within minutes; a server that hiccups is.
    private static readonly Consequence Key = new(FailureScope.Key, TimeSpan.FromMinutes(5), TimeSpan.FromHours(1));
    private static readonly Consequence Limit = new(FailureScope.Key, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));
    private static readonly Consequence AddressLimit = new(FailureScope.Provider, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));
    private static readonly Consequence Model = new(FailureScope.Model, TimeSpan.FromMinutes(5), TimeSpan.FromHours(1));
    private static readonly Consequence Provider = new(FailureScope.Provider, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1));

    /// <returns><c>null</c> for a failure that says nothing about the next request.</returns>
    public static Consequence? Of(ProviderFailure failure) => failure switch
    {
        ProviderFailure.Key => Key,
        ProviderFailure.Limit => Limit,
        ProviderFailure.AddressLimit => AddressLimit,
        ProviderFailure.Model => Model,
        ProviderFailure.Operation or ProviderFailure.TooLarge or ProviderFailure.Empty => null,
        _ => Provider,
    };

    public TimeSpan BackOff(int failures)
    {
        var doubled = First * Math.Pow(2, Math.Min(failures - 1, 20));
        return doubled < Longest ? doubled : Longest;
    }
}
