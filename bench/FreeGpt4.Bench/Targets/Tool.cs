using System.Diagnostics;

namespace FreeGpt4.Bench.Targets;

/// <summary>A program that prepares a target.</summary>
internal static class Tool
{
    /// <exception cref="TargetException">It is not there, or failed; with what it said.</exception>
    public static async Task RunAsync(string folder, string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new TargetException($"{program} cannot be run: {e.Message}");
        }

        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new TargetException($"{program} {string.Join(' ', start.ArgumentList)} failed:\n{await output}{await errors}");
        }
    }
}
