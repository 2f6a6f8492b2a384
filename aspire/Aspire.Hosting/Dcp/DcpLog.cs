using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dcp;

/// <summary>Receives what DCP's processes log, on a socket that each of them connects to.</summary>
internal sealed partial class DcpLog : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _readers = [];
    private readonly ILogger _logger;
    private readonly Task _accepting;

    public DcpLog(string socketPath, ILogger logger)
    {
        _logger = logger;
        _listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        _listener.Listen();
        _accepting = AcceptAsync(_stop.Token);
    }

    /// <summary>The last thing that went wrong in DCP, if anything has.</summary>
    public string? LastProblem { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_readers);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                _readers.Add(ReadAsync(await _listener.AcceptAsync(stop), stop));
            }
        }
        catch (OperationCanceledException)
        {
            Log.NoMoreLog(_logger);
        }
    }

    private async Task ReadAsync(Socket connection, CancellationToken stop)
    {
        try
        {
            using var lines = new StreamReader(new NetworkStream(connection, ownsSocket: true));
            while (await lines.ReadLineAsync(stop) is { } line)
            {
                if (DcpMessage.TryParse(line) is { } message)
                {
                    LastProblem = message.IsProblem ? message.Text : LastProblem;
                    Log.FromDcp(_logger, message.Category, message.Level, message.Text);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            Log.NoMoreLog(_logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Category} {Level}: {Message}")]
        public static partial void FromDcp(ILogger logger, string category, string level, string message);

        [LoggerMessage(2, LogLevel.Trace, "A process of DCP logs no more.")]
        public static partial void NoMoreLog(ILogger logger);
    }
}
