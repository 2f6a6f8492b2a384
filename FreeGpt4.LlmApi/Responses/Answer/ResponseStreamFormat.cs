using System.Buffers;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Responses.Request;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>
/// A streamed answer as events of a response. The last of them says how it ended: completed, incomplete or failed; there is
/// no <c>[DONE]</c>.
/// </summary>
internal sealed class ResponseStreamFormat : IStreamFormat
{
    private readonly ResponseEvents _events = new();
    private readonly ResponseObject _response;

    public ResponseStreamFormat(ResponseRequest request, TimeProvider time) => _response = new(request, _events, time);

    public void Begin(ProviderRoute route) => _response.Model = route.Model;

    public bool Write(AnswerJson chunk, IBufferWriter<byte> output)
    {
        var before = _events.Count;
        _events.To(output);
        _response.Read(chunk);
        return _events.Count > before;
    }

    public void WriteEnd(IBufferWriter<byte> output)
    {
        if (_response.EstimateUsage() is not null)
        {
            output.Write(UsageHeader.Comment);
        }

        _events.To(output);
        _response.End();
    }

    public void WriteError(OpenAIError error, IBufferWriter<byte> output)
    {
        _events.To(output);
        _response.Fail(error);
    }
}
