using System.Text.Json;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;
using StreamJsonRpc.Reflection;

namespace Aspire.Hosting.Backchannel;

/// <summary>JSON-RPC 2.0 with one client: messages in UTF-8, each after a header with its length.</summary>
internal sealed class RpcConnection : IDisposable
{
    private readonly Messages _messages;
    private readonly JsonRpc _rpc;

    /// <param name="stream">Disposed of with the connection.</param>
    /// <param name="target">Its public methods are what can be called.</param>
    public RpcConnection(Stream stream, object target, JsonSerializerOptions json)
    {
        _messages = new(new HeaderDelimitedMessageHandler(stream, new SystemTextJsonFormatter { JsonSerializerOptions = json }));
        _rpc = new(_messages, target);
    }

    /// <summary>Whether every call has had its answer, as far as calls have come in.</summary>
    public bool IsIdle => _messages.Unanswered == 0;

    /// <summary>Serves until the client leaves, or until cancelled.</summary>
    public async Task ServeAsync(CancellationToken cancellationToken)
    {
        _rpc.StartListening();
        try
        {
            await _rpc.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException or RemoteRpcException or BadRpcHeaderException or JsonException)
        {
            // The client has been killed, spoke something else, or everything stops: there is nobody left to answer.
        }
    }

    public void Dispose() => _rpc.Dispose();

    /// <summary>Counts the calls that have not been answered.</summary>
    private sealed class Messages(HeaderDelimitedMessageHandler inner) : IJsonRpcMessageHandler, IJsonRpcMessageBufferManager, IAsyncDisposable
    {
        private int _unanswered;

        public int Unanswered => Volatile.Read(ref _unanswered);

        public bool CanRead => inner.CanRead;

        public bool CanWrite => inner.CanWrite;

        public IJsonRpcMessageFormatter Formatter => inner.Formatter;

        public async ValueTask<JsonRpcMessage?> ReadAsync(CancellationToken cancellationToken)
        {
            var message = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (message is JsonRpcRequest { IsResponseExpected: true })
            {
                Interlocked.Increment(ref _unanswered);
            }

            return message;
        }

        public async ValueTask WriteAsync(JsonRpcMessage message, CancellationToken cancellationToken)
        {
            await inner.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            if (message is JsonRpcResult or JsonRpcError)
            {
                Interlocked.Decrement(ref _unanswered);
            }
        }

        public void DeserializationComplete(JsonRpcMessage message) => ((IJsonRpcMessageBufferManager)inner).DeserializationComplete(message);

        public ValueTask DisposeAsync() => new(inner.DisposeAsync());
    }
}
