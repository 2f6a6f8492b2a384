using Aspire.Hosting;
using Aspire.Hosting.Pipelines;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.Aspire.Publishing;

/// <summary>A small model, published inside of the test.</summary>
internal sealed class PublishedModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PublishedModel(params string[] arguments) => Builder = DistributedApplication.CreateBuilder(
        new DistributedApplicationOptions { Args = [.. arguments, "--output-path", _folder.Path], ProjectDirectory = _folder.Path });

    public IDistributedApplicationBuilder Builder { get; }

    public static PublishedModel ForCompose() => new("--operation", "publish");

    public static PublishedModel ForManifest() => new("--publisher", "manifest");

    public string Read(string file) => File.ReadAllText(Path.Combine(_folder.Path, file));

    public void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder.Path, file), text);

    /// <exception cref="DistributedApplicationException">What would be said in one line.</exception>
    public async Task PublishAsync()
    {
        await using var application = Builder.Build();
        await application.Services.GetRequiredService<PipelineRunner>().RunAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Dispose();
}
