using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FreeGpt4.Bench;

/// <param name="Scenario">The name of a <see cref="Scenarios.Scenario"/>.</param>
/// <param name="Rates">Requests per second of the open loops, one after the other.</param>
/// <param name="Seconds">Of each measurement.</param>
/// <param name="Repeats">How often each target has its turn.</param>
/// <param name="Clients">Of the closed loop, which shows how much goes through.</param>
/// <param name="Streams">How many streams run at the same time, one count after the other.</param>
/// <param name="Nginx">Its path; <c>null</c> when there is none.</param>
/// <param name="WarmUp">How many requests each target gets before it is measured, so that the compiler has gone over what is hot.</param>
/// <param name="AsBuilt">Whether the services are those built beside this program, in the same configuration, and not published ones.</param>
/// <param name="ResultsFolder">Where JSON and SVG files go; <c>null</c> for nowhere.</param>
internal sealed record BenchOptions(
    string Scenario, IReadOnlyList<int> Rates, int Seconds, int Repeats, int Clients, IReadOnlyList<int> Streams, string? Nginx, string? ResultsFolder,
    int WarmUp = 20_000, bool AsBuilt = false)
{
    public static bool TryRead(
        string[] args, [NotNullWhen(true)] out BenchOptions? options, [NotNullWhen(false)] out string? wrong)
    {
        options = new(Scenarios.Scenario.Names[0], [100, 300, 1000], Seconds: 5, Repeats: 3, Clients: 32, [100, 1000], OnPath("nginx"), ResultsFolder: null);
        wrong = null;
        var rest = args.AsSpan();
        if (rest is [var name, ..] && !name.StartsWith("--", StringComparison.Ordinal))
        {
            options = options with { Scenario = name };
            rest = rest[1..];
        }

        if (rest is [.., "--as-built"])
        {
            options = options with { AsBuilt = true };
            rest = rest[..^1];
        }

        for (; !rest.IsEmpty && wrong is null; rest = rest[Math.Min(2, rest.Length)..])
        {
            var value = rest.Length > 1 ? rest[1] : "";
            var numbers = Numbers(value);
            switch (rest[0])
            {
                case "--rates" when numbers is not []: options = options with { Rates = numbers }; break;
                case "--streams" when numbers is not []: options = options with { Streams = numbers }; break;
                case "--seconds" when numbers is [var seconds]: options = options with { Seconds = seconds }; break;
                case "--warm-up" when numbers is [var warmUp]: options = options with { WarmUp = warmUp }; break;
                case "--repeats" when numbers is [var repeats]: options = options with { Repeats = repeats }; break;
                case "--clients" when numbers is [var clients]: options = options with { Clients = clients }; break;
                case "--nginx" when File.Exists(value): options = options with { Nginx = Path.GetFullPath(value) }; break;
                case "--results" when value.Length > 0: options = options with { ResultsFolder = Path.GetFullPath(value) }; break;
                default: wrong = $"{rest[0]} {value} is not allowed."; break;
            }
        }

        if (wrong is null && !Scenarios.Scenario.Names.Contains(options.Scenario))
        {
            wrong = $"There is no scenario \"{options.Scenario}\".";
        }

        if (wrong is not null)
        {
            wrong += $" Usage: [{string.Join('|', Scenarios.Scenario.Names)}] [--rates N,…] [--seconds N] [--repeats N] [--warm-up N] [--clients N] [--streams N,…] [--nginx PATH] [--results FOLDER] [--as-built]; numbers are whole and above 0.";
            options = null;
            return false;
        }

        return true;
    }

    private static int[] Numbers(string text)
    {
        var numbers = text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
        return numbers.Contains(0) ? [] : numbers;
    }

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
