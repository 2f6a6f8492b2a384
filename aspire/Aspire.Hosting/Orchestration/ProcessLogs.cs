using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>Brings what the processes write to their consoles into the logs of their instances.</summary>
/// <param name="lifetime">Cancelled when nothing runs any more.</param>
internal sealed partial class ProcessLogs(DcpClient dcp, ResourceLoggerService logs, CancellationToken lifetime)
{
    /// <summary>Ends when both streams of the process have ended.</summary>
    public Task FollowAsync(ResourceInstance instance) => Task.WhenAll(FollowAsync(instance, DcpLogSource.Stdout), FollowAsync(instance, DcpLogSource.Stderr));

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

    private async Task FollowAsync(ResourceInstance instance, DcpLogSource source)
    {
        try
        {
            await foreach (var line in dcp.StreamLogsAsync<DcpExecutable>(instance.Id, source, follow: true, lifetime).ConfigureAwait(false))
            {
                logs.Append(instance.Id, line.Text, isError: source is DcpLogSource.Stderr);
            }
        }
        catch (OperationCanceledException) when (lifetime.IsCancellationRequested)
        {
            // The application has stopped; DCP closes its log streams.
        }
    }
}
