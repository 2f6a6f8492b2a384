using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Containers;

/// <summary>An engine with what containers are built from here, and DCP's tunnel.</summary>
public sealed class ImageEngine : IAsyncLifetime
{
    internal ContainerEngine Engine { get; } = new(
        ["nginx:1.29-alpine", "mcr.microsoft.com/azurelinux/base/core:3.0"], ["nginx.sh", "tunnel.sh"], options: "");

    public ValueTask InitializeAsync() => Engine.InitializeAsync();

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
