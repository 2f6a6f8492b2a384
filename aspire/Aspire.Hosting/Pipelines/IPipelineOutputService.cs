using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Pipelines;

/// <summary>Where published files go.</summary>
[Experimental("ASPIREPIPELINES004", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public interface IPipelineOutputService
{
    /// <summary><c>--output-path</c>, or <c>aspire-output</c> in the folder of the AppHost.</summary>
    string GetOutputDirectory();

    /// <summary>The folder of one of several environments.</summary>
    string GetOutputDirectory(IResource resource);
}

internal sealed class PipelineOutputService(IOptions<PipelineOptions> options, AppHostFolder appHost) : IPipelineOutputService
{
    public string GetOutputDirectory() => Path.GetFullPath(options.Value.OutputPath ?? Path.Combine(appHost.Path, "aspire-output"));

    public string GetOutputDirectory(IResource resource) => Path.Combine(GetOutputDirectory(), resource.Name);
}

/// <summary>The folder of the AppHost project.</summary>
internal sealed record AppHostFolder(string Path);
