using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FreeGpt4.Bench;

/// <param name="Scenario">One of <see cref="Scenario.Names"/>.</param>
/// <param name="Rate">Requests per second of the open loop.</param>
/// <param name="Seconds">Of each measurement.</param>
/// <param name="Clients">Of the closed loop, which shows how much goes through.</param>
/// <param name="Nginx">Its path; null when there is none.</param>
internal sealed record BenchOptions(string Scenario, int Rate, int Seconds, int Repeats, int Clients, string? Nginx)
{
    public static bool TryRead(
        string[] args, [NotNullWhen(true)] out BenchOptions? options, [NotNullWhen(false)] out string? wrong)
    {
        var numbers = new Dictionary<string, int> { ["--rate"] = 300, ["--seconds"] = 5, ["--repeats"] = 3, ["--clients"] = 32 };
        var nginx = OnPath("nginx");
        (options, wrong) = (null, null);
        var isNamed = args is [var first, ..] && Bench.Scenario.Names.Contains(first);
        for (var i = isNamed ? 1 : 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            if (args[i] == "--nginx" && File.Exists(value))
            {
                nginx = Path.GetFullPath(value);
            }
            else if (numbers.ContainsKey(args[i]) && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                numbers[args[i]] = number;
            }
            else
            {
                wrong = $"{args[i]} {value}: allowed are {string.Join(" or ", Bench.Scenario.Names)} first, --nginx and a path, and {string.Join(", ", numbers.Keys)} with a whole number above 0.";
                return false;
            }
        }

        options = new(isNamed ? args[0] : Bench.Scenario.Edges, numbers["--rate"], numbers["--seconds"], numbers["--repeats"], numbers["--clients"], nginx);
        return true;
    }

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
