using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(LeakWatch))]

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// Looks through what the programs under test write, in all tests of the run, for secrets and prompts: log entries, console lines, log files,
/// databases, and the tags and events of traces. What it finds fails the run at its end, whichever test it came from. Tests mark their
/// secrets with <see cref="Secret"/> and their prompts with <see cref="Prompt"/>; tokens are known by their form.
/// </summary>
public sealed partial class LeakWatch : IDisposable
{
    /// <summary>A part of every password, key and token of a test that is not made by the program itself.</summary>
    public const string Secret = "nobody-may-see";

    /// <summary>A part of prompts.</summary>
    public const string Prompt = "that-nobody-logs";

    private const int Shown = 400;

    private static readonly ConcurrentDictionary<string, string> Found = [];
    private static long _looked;

    private readonly ActivityListener _traces = new()
    {
        ShouldListenTo = _ => true,
        ActivityStopped = LookAt,
    };

    public LeakWatch() => ActivitySource.AddActivityListener(_traces);

    /// <summary>How much was looked through, in characters and bytes.</summary>
    public static long Looked => Volatile.Read(ref _looked);

    /// <summary>What is wrong with a text; null when nothing is.</summary>
    public static string? LeakIn(string text) => Leak().Match(text) is { Success: true } leak ? leak.Value : null;

    /// <param name="from">Who wrote it.</param>
    public static void LookAt(string from, string? text)
    {
        if (text is null)
        {
            return;
        }

        Interlocked.Add(ref _looked, text.Length);
        if (LeakIn(text) is { } leak)
        {
            Found.TryAdd($"{from}: {leak}", text[..Math.Min(text.Length, Shown)]);
        }
    }

    /// <summary>The log files and databases in a folder that is about to go.</summary>
    public static void LookAtFiles(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Written().IsMatch(file)))
        {
            if (Read(file) is not { } bytes)
            {
                continue;
            }

            Interlocked.Add(ref _looked, bytes.Length);
            var isDatabase = !LogFile().IsMatch(file);

            // Conversations are in a database because somebody wanted them there.
            if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) >= 0)
            {
                Found.TryAdd($"{Path.GetFileName(file)}: {Secret}", file);
            }
            else if (!isDatabase)
            {
                LookAt(Path.GetFileName(file), Encoding.UTF8.GetString(bytes));
            }
        }
    }

    /// <exception cref="InvalidOperationException">Something was found.</exception>
    public void Dispose()
    {
        _traces.Dispose();
        LookAtFiles(TestRun.Folder);
        if (!Found.IsEmpty)
        {
            throw new InvalidOperationException(
                "Secrets or prompts were written: " + string.Join(Environment.NewLine, Found.Select(one => $"{one.Key} in: {one.Value}")));
        }
    }

    // A database that is closed meanwhile takes its log along.
    private static byte[]? Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static void LookAt(Activity activity)
    {
        LookAt($"trace {activity.Source.Name}", activity.DisplayName);
        foreach (var (name, value) in activity.TagObjects.Concat(activity.Events.SelectMany(one => one.Tags)).Concat(activity.Baggage.Select(one => KeyValuePair.Create(one.Key, (object?)one.Value))))
        {
            LookAt($"trace {activity.Source.Name}, {name}", value?.ToString());
        }
    }

    // A token of ours is fg_ and 32 bytes in base64url.
    [GeneratedRegex($"{Secret}|{Prompt}|fg_[A-Za-z0-9_-]{{43}}")]
    private static partial Regex Leak();

    [GeneratedRegex(@"\.(log(\.[0-9]+)?|db(-wal)?)$")]
    private static partial Regex Written();

    [GeneratedRegex(@"\.log(\.[0-9]+)?$")]
    private static partial Regex LogFile();
}
