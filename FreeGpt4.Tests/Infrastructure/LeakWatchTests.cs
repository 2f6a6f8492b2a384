namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A watch that sees nothing would let everything pass.</summary>
public sealed class LeakWatchTests
{
    [Theory]
    [InlineData("warn: sk-first-nobody-may-see-1111 was refused")]
    [InlineData("POST /v1/chat/completions Something that-nobody-logs")]
    [InlineData("GET /?text=hi&token=fg_0123456789abcdefghijABCDEFGHIJ0123456789_-a 200")]
    public void Text_WithASecretOrAPrompt_IsSeen(string text) => LeakWatch.LeakIn(text).ShouldNotBeNull();

    [Theory]
    [InlineData("The token fg_… was refused")]
    [InlineData("Now listening on: http://127.0.0.1:5500")]
    public void Text_WithoutAny_IsNot(string text) => LeakWatch.LeakIn(text).ShouldBeNull();

    [Fact]
    public async Task Api_ThatServes_IsLookedAt()
    {
        var before = LeakWatch.Looked;
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        LeakWatch.Looked.ShouldBeGreaterThan(before);
    }
}
