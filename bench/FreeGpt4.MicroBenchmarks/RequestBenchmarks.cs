using System.Text;
using BenchmarkDotNet.Attributes;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.MicroBenchmarks;

/// <summary>What reading a request costs, and sending it on under another model's name.</summary>
[MemoryDiagnoser]
public class RequestBenchmarks
{
    private byte[] _body = [];
    private ChatCompletionRequest _request = null!;

    [Params(1_000, 100_000)]
    public int Characters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var question = new string('a', Characters);
        _body = Encoding.UTF8.GetBytes(
            $$"""{"model":"gpt-4o","stream":true,"temperature":0.7,"messages":[{"role":"user","content":"{{question}}"}]}""");
        _request = ChatCompletionRequest.Parse(_body);
    }

    [Benchmark(Baseline = true)]
    public bool Parse() => ChatCompletionRequest.Parse(_body).Stream;

    [Benchmark]
    public int WithSameModel() => _request.For("gpt-4o").Length;

    [Benchmark]
    public int WithOtherModel() => _request.For("llama-3.3-70b").Length;
}
