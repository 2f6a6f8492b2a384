using Aspire.Hosting.Publishing;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Pipelines;

/// <summary>The command line of an AppHost that publishes: <c>--operation publish --step publish --output-path FOLDER</c>, or
/// <c>--publisher manifest --output-path FILE</c>.</summary>
internal static class PublishingArguments
{
    public const string OutputPath = "Pipeline:OutputPath";
    public const string Step = "Pipeline:Step";
    private const string Operation = "AppHost:Operation";
    private const string Publisher = "Publishing:Publisher";

    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--operation"] = Operation,
        ["--publisher"] = Publisher,
        ["--step"] = Step,
        ["--output-path"] = OutputPath,
    };

    /// <summary>Takes them as configuration, and tells what is to be done.</summary>
    public static DistributedApplicationOperation Read(ConfigurationManager configuration, string[]? args)
    {
        configuration.AddCommandLine(args ?? [], Switches);
        if (IsManifest(configuration))
        {
            configuration[Step] ??= ManifestWriter.Step;
        }

        // What is neither is told of later, where it can be said in one line.
        return configuration[Publisher] is null && (configuration[Operation] is null || Is(configuration[Operation], "run"))
            ? DistributedApplicationOperation.Run
            : DistributedApplicationOperation.Publish;
    }

    /// <exception cref="DistributedApplicationException">They ask for what there is not.</exception>
    public static void Check(IConfiguration configuration)
    {
        if (configuration[Publisher] is { } publisher && !IsManifest(configuration))
        {
            throw new DistributedApplicationException(
                $"--publisher is \"{publisher}\"; allowed is manifest. For Docker Compose: --operation publish --step publish --output-path FOLDER.");
        }

        if (configuration[Operation] is { } operation && !Is(operation, "run") && !Is(operation, "publish"))
        {
            throw new DistributedApplicationException($"--operation is \"{operation}\"; allowed is run or publish.");
        }
    }

    private static bool IsManifest(IConfiguration configuration) => Is(configuration[Publisher], "manifest");

    private static bool Is(string? value, string name) => string.Equals(value, name, StringComparison.OrdinalIgnoreCase);
}
