using System.Buffers;

namespace FreeGpt4.LlmApi.Messages;

internal enum MessageBlockKind
{
    Text,
    Thinking,
    ToolUse,
}

/// <summary>A content block of a streamed message: what of it was not sent yet, because it is not its turn.</summary>
internal sealed class MessageBlock(MessageBlockKind kind)
{
    public MessageBlockKind Kind { get; } = kind;

    /// <summary>The upstream's number for a call, where it gives one.</summary>
    public int? UpstreamIndex { get; init; }

    /// <summary>Of a call.</summary>
    public JsonText? Id { get; set; }

    /// <summary>Of a call.</summary>
    public JsonText? Name { get; set; }

    /// <summary>As it stands between the quotes of a JSON string.</summary>
    public ArrayBufferWriter<byte> Waiting { get; } = new();
}
