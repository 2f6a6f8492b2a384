using System.Net;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.OpenAI;

/// <summary>What is asked of a model outside of chats: a wrong request is refused before anybody is asked.</summary>
public sealed class TextRequestTests
{
    private static readonly Dictionary<string, string> WrongInputs = new()
    {
        ["7"] = "",
        ["true"] = "",
        ["{\"a\":1}"] = "",
        ["[]"] = "",
        ["[null]"] = "[0]",
        ["[true]"] = "[0]",
        ["[{}]"] = "[0]",
        ["[\"a\",1]"] = "[1]",
        ["[\"a\",[1]]"] = "[1]",
        ["[1,\"a\"]"] = "[1]",
        ["[1,-1]"] = "[1]",
        ["[1.5]"] = "[0]",
        ["[1,123456789012345678901234567890]"] = "[1]",
        ["[[1],[]]"] = "[1]",
        ["[[1],[\"a\"]]"] = "[1]",
        ["[[1],[[1]]]"] = "[1]",
    };

    public static TheoryData<string, string, string, string> EveryWrongInput()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var (value, at) in WrongInputs)
        {
            data.Add("/v1/completions", "prompt", value, at);
            data.Add("/v1/embeddings", "input", value, at);
        }

        data.Add("/v1/embeddings", "input", "null", "");
        return data;
    }

    [Theory]
    [MemberData(nameof(EveryWrongInput))]
    public async Task Input_ThatIsWrong_Is400AndNamesTheElement(string route, string input, string value, string at)
    {
        var param = await ParamOfRefusalAsync(route, $$"""{"model":"m","{{input}}":{{value}}}""");

        param.ShouldBe($"{input}{at}");
    }

    [Theory]
    [InlineData("/v1/completions", """{"model":"m"}""", "prompt")]
    [InlineData("/v1/completions", """{"prompt":"a"}""", "model")]
    [InlineData("/v1/completions", """{"model":"m","prompt":"a","prompt":"b"}""", "prompt")]
    [InlineData("/v1/completions", """{"model":"m","prompt":"a","stream":1}""", "stream")]
    [InlineData("/v1/completions", """{"model":"m","prompt":"a","stream_options":{"include_usage":1}}""", "stream_options.include_usage")]
    [InlineData("/v1/embeddings", """{"model":"m"}""", "input")]
    [InlineData("/v1/embeddings", """{"model":"m","messages":[{"role":"user","content":"a"}]}""", "input")]
    [InlineData("/v1/embeddings", """{"model":null,"input":"a"}""", "model")]
    [InlineData("/v1/embeddings", """{"model":"a\r\nx-evil: 1","input":"a"}""", "model")]
    [InlineData("/v1/embeddings", """{"model":"m","input":"a","input":"b"}""", "input")]
    [InlineData("/v1/embeddings", """{"model":"m","input":["a" """, null)]
    [InlineData("/v1/embeddings", """["a"]""", null)]
    public async Task Request_ThatIsWrong_Is400AndNamesTheMember(string route, string body, string? param)
    {
        (await ParamOfRefusalAsync(route, body)).ShouldBe(param);
    }

    private static async Task<string?> ParamOfRefusalAsync(string route, string body)
    {
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Stall());
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(route, body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        upstream.Requests.ShouldBeEmpty();
        var error = await response.ErrorAsync();
        error.Value("type").ShouldBe("invalid_request_error");
        return error.Value("param");
    }
}
