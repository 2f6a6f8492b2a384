using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using FreeGpt4.LlmApi.ChatCompletions;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.MicroBenchmarks;

/// <summary>What one streamed frame costs from the upstream's bytes to ours, as it is and with members to mend.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private const int Frames = 1_000;

    private static readonly ProviderRoute Route = new("Custom", "gpt-4o", Fallbacks: 0);

    private static readonly ChatCompletionRequest Request = ChatCompletionRequest.Ask("gpt-4o", instructions: null, "hi");

    private readonly ArrayBufferWriter<byte> _output = new(1 << 20);
    private byte[] _complete = [];
    private byte[] _lean = [];

    [GlobalSetup]
    public void Setup()
    {
        _complete = Repeat("""
            {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1764000000,"model":"gpt-4o","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}
            """);
        _lean = Repeat("""{"choices":[{"delta":{"content":" token"}}]}""");
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Frames)]
    public Task<int> Read() => RelayAsync(_complete, write: false);

    [Benchmark(OperationsPerInvoke = Frames)]
    public Task<int> RelayComplete() => RelayAsync(_complete, write: true);

    [Benchmark(OperationsPerInvoke = Frames)]
    public Task<int> RelayLean() => RelayAsync(_lean, write: true);

    private static byte[] Repeat(string chunk) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"data: {chunk}\n\n", Frames)));

    private async Task<int> RelayAsync(byte[] stream, bool write)
    {
        _output.ResetWrittenCount();
        var format = new ChatCompletionStreamFormat(Request, TimeProvider.System);
        format.Begin(Route);
        await using var events = new UpstreamEvents(new MemoryStream(stream), CancellationToken.None);
        while (await events.NextAsync() is { } next)
        {
            var chunk = AnswerJson.Parse(next.Data, AnswerShape.Delta);
            if (write)
            {
                format.Write(chunk, _output);
            }
        }

        return _output.WrittenCount;
    }
}
