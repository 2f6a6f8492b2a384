using System.Buffers;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Streaming;

/// <summary>The events in which one caller gets one streamed answer: its API's way of saying what the upstream's chunks say.</summary>
internal interface IStreamFormat
{
    /// <summary>Called once, before the first <see cref="Write"/>: now it is known who answers.</summary>
    void Begin(ProviderRoute route);

    /// <returns>Whether the chunk gave the caller anything.</returns>
    bool Write(AnswerJson chunk, IBufferWriter<byte> output);

    /// <summary>Ends a whole answer.</summary>
    void WriteEnd(IBufferWriter<byte> output);

    /// <summary>Ends an answer that broke off, or that never began: the error, and nothing that could be taken for a proper end.</summary>
    void WriteError(OpenAIError error, IBufferWriter<byte> output);
}
