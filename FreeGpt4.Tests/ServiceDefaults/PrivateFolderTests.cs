using FreeGpt4.ServiceDefaults.Files;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class PrivateFolderTests
{
    [Fact]
    public void File_WrittenByManyAtOnce_IsThatOfOne()
    {
        const int Writers = 8;
        using var folder = new TemporaryFolder();
        for (var round = 0; round < Effort.Choose(20, 500); round++)
        {
            var file = Path.Combine(folder.Path, $"{round}");
            using var start = new Barrier(Writers);
            var outcomes = new (bool IsWritten, string Seen)[Writers];

            var writers = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
            {
                start.SignalAndWait();
                outcomes[writer].IsWritten = PrivateFolder.TryWriteNew(file, $"of {writer}");
                outcomes[writer].Seen = File.ReadAllText(file);
            })).ToList();
            writers.ForEach(writer => writer.Start());
            writers.ForEach(writer => writer.Join());

            outcomes.Count(outcome => outcome.IsWritten).ShouldBe(1);
            outcomes.Select(outcome => outcome.Seen).Distinct().ShouldBe([$"of {Array.FindIndex(outcomes, outcome => outcome.IsWritten)}"]);
        }
    }
}
