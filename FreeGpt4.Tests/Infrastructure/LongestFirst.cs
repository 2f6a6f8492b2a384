using FreeGpt4.Tests.Containers;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.Pages;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// Begins with the collections that take longest, for what begins last is waited for by nobody but itself; the others follow as they are found.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [ComposeCluster.Name, ChatFixture.Name];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Array.IndexOf(Longest, collection.TestCollectionDisplayName) is var at and >= 0 ? at : Longest.Length)];
}
