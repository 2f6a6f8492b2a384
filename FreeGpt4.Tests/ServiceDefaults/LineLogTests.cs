using FreeGpt4.ServiceDefaults.LogFiles;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class LineLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Text => string.Concat(Directory.GetFiles(_folder.Path).Order().Select(File.ReadAllText));

    [Fact]
    public void Entries_AreAllWrittenInOrderBeforeItEnds()
    {
        using (var log = new LineLog<int>(new LogFile(Path.Combine(_folder.Path, "made"), "a.log", 1 << 20, 5), (entry, output) => output.Write(entry)))
        {
            for (var i = 0; i < 1000; i++)
            {
                log.Add(i);
            }
        }

        File.ReadAllText(Path.Combine(_folder.Path, "made", "a.log"))
            .ShouldBe(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\n")));
    }

    [Fact]
    public void Disk_Stuck_DropsAndCountsLinesAndKeepsNobodyWaiting()
    {
        using var goOn = new ManualResetEventSlim();
        using (var log = new LineLog<int>(new LogFile(_folder.Path, "a.log", 1 << 30, 5), (entry, output) =>
        {
            goOn.Wait(Patience.Limit);
            output.Write(entry);
        }))
        {
            for (var i = 0; i < 20_000; i++)
            {
                log.Add(i);
            }

            log.Dropped.ShouldBeInRange(9_000, 10_000);
            goOn.Set();
        }

        Text.Count(c => c == '\n').ShouldBeInRange(10_000, 11_000);
    }

    [Fact]
    public void File_TooLarge_IsRotatedAndOnlySoManyAreKept()
    {
        using (var log = new LineLog<string>(new LogFile(_folder.Path, "a.log", 1000, 3), (entry, output) => output.Write(entry)))
        {
            for (var i = 0; i < 100; i++)
            {
                log.Add($"{i:D3}{new string('x', 96)}");
            }
        }

        // Eleven lines of 100 bytes are more than 1,000.
        FirstLines().ShouldBe([("a.log", "099"), ("a.log.1", "088"), ("a.log.2", "077")]);
    }

    private IEnumerable<(string Name, string Start)> FirstLines() => Directory.GetFiles(_folder.Path)
        .Select(file => (Path.GetFileName(file), File.ReadLines(file).First()[..3]))
        .Order();

    public void Dispose() => _folder.Dispose();
}
