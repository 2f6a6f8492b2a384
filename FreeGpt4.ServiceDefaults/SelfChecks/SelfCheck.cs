using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FreeGpt4.ServiceDefaults.SelfChecks;

/// <summary>
/// The command <c>healthcheck URL [FAILURES]</c> of a service, by which the engine that runs it in a container asks how it is: that takes no other
/// program in the image. An engine does nothing about a container that is unhealthy, so a service that once answered and is silent that many
/// times in a row is ended, and started again by the engine.
/// </summary>
public static class SelfCheck
{
    private const string Command = "healthcheck";
    private const int Healthy = 0;

    // Others have no meaning for the engine.
    private const int Unhealthy = 1;

    // Less than the engine gives to the whole check: one that it cuts off counts nothing.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static bool IsAskedFor(string[] args) => args is [Command, ..];

    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (!TryRead(args, out var url, out var mostFailures))
        {
            await Console.Error.WriteLineAsync($"{Command} URL [FAILURES]: an http:// address of this service, and after how many failures in a row it is ended");
            return Unhealthy;
        }

        var heard = await ListenAsync(url);
        await Console.Out.WriteLineAsync(heard.Line);
        if (mostFailures is { } most && heard.WasSilent is { } wasSilent)
        {
            await HungService.NoteAsync(wasSilent, most, heard.Line);
        }

        return heard.IsHealthy ? Healthy : Unhealthy;
    }

    private static async Task<Heard> ListenAsync(Uri url)
    {
        try
        {
            var answer = await AskAsync(url);
            return new($"{url}: {answer}", IsHealthy(answer), WasSilent: false);
        }
        catch (OperationCanceledException)
        {
            return new($"{url} gives no answer within {Limit.TotalSeconds:0} s.", IsHealthy: false, WasSilent: true);
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            // It does not listen yet, or no more while it stops: no reason to end it.
            return new($"{url} cannot be reached: {refused.Message}", IsHealthy: false, WasSilent: null);
        }
    }

    private static bool TryRead(string[] args, out Uri url, out int? mostFailures)
    {
        url = null!;
        mostFailures = null;
        if (args.Length is not (2 or 3) || !Uri.TryCreate(args[1], UriKind.Absolute, out url!) || url.Scheme != Uri.UriSchemeHttp)
        {
            return false;
        }

        if (args.Length == 3)
        {
            mostFailures = int.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        }

        return mostFailures is null or > 0;
    }

    // HTTP by hand, since a client of the framework would take longer to load than to ask.
    private static async Task<string> AskAsync(Uri url)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, limit.Token);
        var stream = client.GetStream();
        var request = $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nUser-Agent: {Command}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), limit.Token);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadLineAsync(limit.Token) ?? throw new IOException("the connection was closed");
    }

    // "HTTP/1.1 200 OK". Whoever refuses, as in private mode, works.
    private static bool IsHealthy(string statusLine) => statusLine.Split(' ') is [_, ['2' or '3' or '4', _, _], ..];

    private sealed record Heard(string Line, bool IsHealthy, bool? WasSilent);
}
