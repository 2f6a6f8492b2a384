namespace FreeGpt4.Bench;

/// <summary>One thing that is measured.</summary>
/// <param name="Name">As in the results' JSON.</param>
internal sealed record Measure(string Name, string Unit)
{
    public static readonly Measure Throughput = new("requests at saturation", "1/s");
    public static readonly Measure Cpu = new("CPU per request at saturation", "µs");
    public static readonly Measure Allocated = new("allocated per request", "B");
    public static readonly Measure IdleMemory = new("memory idle", "MB");
    public static readonly Measure BusyMemory = new("memory under load", "MB");
    public static readonly Measure FirstToken = new("time to first token", "ms");

    /// <summary>By how much the time between two tokens differs from the upstream's.</summary>
    public static readonly Measure Jitter = new("inter-token jitter", "ms");

    public static readonly Measure StartTime = new("start to ready", "ms");
    public static readonly Measure StartCpu = new("CPU to ready", "ms");

    public static Measure LatencyAt(int rate) => new($"latency at {rate}/s", "ms");

    /// <summary>How much later than due a token of one of so many streams came, if it was late.</summary>
    public static Measure LatenessOf(int streams) => new($"lateness of tokens, {streams} streams", "ms");

    public static Measure CompletedOf(int streams) => new($"streams completed of {streams}", "");

    public static Measure MemoryOf(int streams) => new($"highest memory, {streams} streams", "MB");

    public static Measure CpuOf(int streams) => new($"processors used, {streams} streams", "");
}

/// <summary>What was measured in one run: for each target, in the order in which they were added, all values of each measure.</summary>
internal sealed class Results
{
    private readonly List<string> _targets = [];
    private readonly Dictionary<(string Target, Measure Measure), List<double>> _values = [];

    public IReadOnlyList<string> Targets => _targets;

    public IEnumerable<Measure> Measures => _values.Keys.Select(key => key.Measure).Distinct();

    /// <summary>Gives a target its place in the order; without it the first value does.</summary>
    public void Add(string target)
    {
        if (!_targets.Contains(target))
        {
            _targets.Add(target);
        }
    }

    public void Add(string target, Measure measure, params IEnumerable<double> values)
    {
        Add(target);
        if (!_values.TryGetValue((target, measure), out var all))
        {
            _values.Add((target, measure), all = []);
        }

        all.AddRange(values);
    }

    /// <summary>Null where the target has no such measure.</summary>
    public Distribution? Of(string target, Measure measure) =>
        _values.TryGetValue((target, measure), out var values) && values is not [] ? new(values) : null;
}

/// <summary>Values of one measure, by their ranks.</summary>
internal sealed class Distribution(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public int Count => _sorted.Length;

    public double Mean => _sorted.Average();

    public double Median => Percentile(50);

    public double Min => _sorted[0];

    public double Max => _sorted[^1];

    /// <param name="percent">From 0 to 100. The value that so many of a hundred do not exceed (nearest rank).</param>
    public double Percentile(double percent) => _sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
