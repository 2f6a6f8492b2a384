using System.Buffers;
using System.Text;
using FreeGpt4.Proxy.Errors;
using FreeGpt4.Proxy.RequestIds;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FreeGpt4.Proxy.Listening;

/// <summary>Answers whoever comes without TLS to the port for TLS, where the server would only close the connection.</summary>
internal static class PlainHttp
{
    // Whatever speaks TLS begins with a record of this type: https://www.rfc-editor.org/rfc/rfc8446#section-5.1
    private const byte Handshake = 22;

    // As long as the server waits for a handshake.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Call it before <c>UseHttps</c>.</summary>
    public static void AnswerPlainHttp(this ListenOptions endpoint, TimeProvider time) => endpoint.Use(next => async connection =>
    {
        if (await BeginsWithHandshakeAsync(connection, time) is not { } isTls)
        {
            return;
        }

        if (isTls)
        {
            await next(connection);
            return;
        }

        var body = EdgeErrors.TlsRequired;
        connection.Transport.Output.Write(Encoding.Latin1.GetBytes(
            $"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: {EdgeErrors.ContentType}\r\nContent-Length: {body.Length}\r\n"
            + $"{RequestIdExtensions.Header}: {RequestIdExtensions.IdFor(new HeaderDictionary())}\r\n\r\n"));
        await connection.Transport.Output.WriteAsync(body, connection.ConnectionClosed);
    });

    /// <returns><c>null</c> when nothing comes.</returns>
    private static async Task<bool?> BeginsWithHandshakeAsync(ConnectionContext connection, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync(limit.Token);
            bool? isTls = read.Buffer.IsEmpty ? null : read.Buffer.Slice(0, 1).ToArray() is [Handshake];
            input.AdvanceTo(read.Buffer.Start);
            return isTls;
        }
        catch (Exception left) when (left is OperationCanceledException or IOException)
        {
            return null;
        }
    }
}
