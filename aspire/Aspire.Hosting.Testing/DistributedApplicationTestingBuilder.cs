namespace Aspire.Hosting.Testing;

/// <summary>Builds the application of an AppHost inside a test, for the test to change, start and ask.</summary>
/// <remarks>
/// The AppHost's own entry point runs on a thread of its own up to its <c>Build()</c>. There is no dashboard, and proxied endpoints get free
/// ports whatever the model says, so that several applications can run side by side.
/// </remarks>
public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateFromAsync(typeof(TEntryPoint), [], cancellationToken);

    /// <typeparam name="TEntryPoint">A class of the AppHost's assembly, such as <c>Projects.MyAppHost</c>.</typeparam>
    /// <param name="args">The command line of the AppHost.</param>
    /// <exception cref="InvalidOperationException">The entry point ended, or threw, before it built an application.</exception>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateFromAsync(typeof(TEntryPoint), args, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, CancellationToken cancellationToken = default)
        => CreateFromAsync(entryPoint, [], cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, string[] args, CancellationToken cancellationToken = default)
        => CreateFromAsync(entryPoint, args, cancellationToken);

    private static async Task<IDistributedApplicationTestingBuilder> CreateFromAsync(Type entryPoint, string[] args, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);
        ArgumentNullException.ThrowIfNull(args);

        var appHost = new AppHostEntryPoint(entryPoint.Assembly, args);
        try
        {
            return new TestingBuilder(appHost, await appHost.RunToBuildAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await appHost.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
