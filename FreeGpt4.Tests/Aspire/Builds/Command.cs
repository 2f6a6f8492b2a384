using System.Diagnostics;
using System.Text;

namespace FreeGpt4.Tests.Aspire.Builds;

/// <summary>A program to run to its end, with an environment that is only what the test gives it.</summary>
internal sealed record Command(string FileName, params string[] Arguments)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public required string WorkingDirectory { get; init; }

    public required IReadOnlyDictionary<string, string?> Environment { get; init; }

    public async Task<CommandResult> RunAsync(CancellationToken cancellationToken)
    {
        using var process = Start();
        return await FinishAsync(process, cancellationToken);
    }

    public Process Start()
    {
        var start = new ProcessStartInfo(FileName, Arguments)
        {
            WorkingDirectory = WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start).ShouldNotBeNull();
        process.StandardInput.Close();
        return process;
    }

    public static async Task<CommandResult> FinishAsync(Process process, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}

internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>The distinct errors that MSBuild printed, without the places where they came from.</summary>
    public IReadOnlyList<string> BuildErrors =>
        [.. Output.Split('\n').Where(line => line.Contains(": error ")).Select(line => line.Trim()).Distinct()];

    public CommandResult ShouldSucceed()
    {
        ExitCode.ShouldBe(0, new StringBuilder(Output).Append(Error).ToString());
        return this;
    }
}
