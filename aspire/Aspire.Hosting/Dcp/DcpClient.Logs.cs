using System.Runtime.CompilerServices;

namespace Aspire.Hosting.Dcp;

internal sealed partial class DcpClient
{
    /// <summary>
    /// What a process has written, from the first line. With <paramref name="follow"/> also what it goes on to write, until it has
    /// ended (DCP waits 5 s more) or its object is deleted; a process yet to start can be followed. Ends quietly when cancelled and
    /// when DCP goes.
    /// </summary>
    /// <exception cref="DcpException">Reason <c>NotFound</c>: there is no such object.</exception>
    public async IAsyncEnumerable<DcpLogLine> StreamLogsAsync<T>(
        string name, DcpLogSource source, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : DcpResource, IDcpResource
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gone);
        var label = $"show the {source} log of {Label<T>(name)}";
        var query = $"?source={Wire(source)}&follow={(follow ? "true" : "false")}&timestamps=true&line_numbers=true";

        using var lines = await OpenLogAsync($"{Path<T>(name)}/log{query}", label, either.Token);
        for (var number = 1L; lines is not null && await TryReadAsync(lines, label, either.Token) is { } line; number++)
        {
            // The system log ends with an empty line.
            if (line.Length > 0)
            {
                yield return source is DcpLogSource.System ? DcpLogLine.ParseSystem(line, number) : DcpLogLine.Parse(line);
            }
        }
    }

    private async Task<StreamReader?> OpenLogAsync(string address, string label, CancellationToken stop)
    {
        try
        {
            return await OpenTextAsync(address, label, stop);
        }
        catch (DcpException exception) when (exception.StatusCode is null)
        {
            Log.StreamBroke(_logger, label, exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<string?> TryReadAsync(StreamReader lines, string label, CancellationToken stop)
    {
        try
        {
            return await lines.ReadLineAsync(stop);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            Log.StreamBroke(_logger, label, exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Opens an answer that goes on for as long as DCP has something to say.</summary>
    private async Task<StreamReader> OpenTextAsync(string address, string label, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await ThrowIfRefusedAsync(response, label, cancellationToken);

            // Disposing the content's stream ends the response.
            return new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        }
        catch (Exception exception)
        {
            response?.Dispose();
            if (exception is HttpRequestException or IOException)
            {
                throw DcpException.NoAnswer(label, _config.Server, exception);
            }

            throw;
        }
    }

    private static string Wire(DcpLogSource source) => source switch
    {
        DcpLogSource.Stdout => "stdout",
        DcpLogSource.Stderr => "stderr",
        DcpLogSource.System => "system",
        DcpLogSource.Startup => "startup_stderr",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, null),
    };
}
