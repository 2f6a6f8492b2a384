using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Brings what the instances write to their consoles into their logs.</summary>
/// <param name="lifetime">Cancelled when nothing runs any more.</param>
internal sealed partial class ProcessLogs(ResourceLoggerService logs, CancellationToken lifetime)
{
    /// <summary>Ends when all streams of the instance have ended.</summary>
    public Task FollowAsync(ResourceInstance instance, IWorkloads workloads)
        => Task.WhenAll(workloads.FollowLogs(instance, (line, isError) => logs.Append(instance.Id, line, isError), lifetime));

    public void Append(ResourceInstance instance, string line, bool isError) => logs.Append(instance.Id, line, isError);

    /// <summary>The last lines so far, without colours.</summary>
    public async Task<string> LastLinesAsync(ResourceInstance instance, int count)
    {
        var lines = new List<string>();
        await foreach (var batch in logs.GetAllAsync(instance.Id).ConfigureAwait(false))
        {
            lines.AddRange(batch.Select(line => line.Content));
        }

        return string.Join('\n', lines.TakeLast(count).Select(line => Colour().Replace(line, "")));
    }

    // ESC [ 40 m
    [GeneratedRegex(@"\x1b\[[0-9;]*m")]
    private static partial Regex Colour();
}
