using System.Diagnostics;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A built program that does something and ends.</summary>
internal sealed record ToolProcess(int ExitCode, string Output, string Errors)
{
    public static async Task<ToolProcess> RunAsync(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FALLBACK_PROVIDERS"] = "Custom";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        LeakWatch.LookAt(program, await output);
        LeakWatch.LookAt(program, await errors);
        return new(process.ExitCode, await output, await errors);
    }
}
