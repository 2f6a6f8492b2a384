using FreeGpt4.LlmApi.Text;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Text;

/// <summary>Answers of providers that search the web, asked for with <c>/?text=</c>.</summary>
public sealed class SourcesTests
{
    [Theory]
    [InlineData("Water boils. [[1]](https://a.example/x) [[2]](https://b.example)", "Water boils.")]
    [InlineData("Water[[1]](https://a.example/x_(y)?q=1 \"A title\") boils.", "Water boils.")]
    [InlineData("- hot [[12]](HTTPS://a.example)\n- cold", "- hot\n- cold")]
    [InlineData("Hot [1].\n\n[1]: https://a.example/x", "Hot.")]
    [InlineData("Hot.[1][2] Cold [2], or so [1] [2].\n\n[1]: https://a.example \"A title\"\n[2]: <https://b.example>\n", "Hot. Cold, or so.")]
    [InlineData("Hot.\r\n\r\n[1]: https://a.example/x\r\n", "Hot.")]
    [InlineData("Hot.\n\nSources:\n1. https://a.example\n2. [B](https://b.example)\n", "Hot.")]
    [InlineData("Hot [1].\n\n**Sources:**\n\n[1] A: https://a.example\n", "Hot.")]
    [InlineData("Hot.\n\n### Sources\n- [A](https://a.example)\n* https://b.example", "Hot.")]
    [InlineData("Hot.\n\nSources: [A](https://a.example), [B](https://b.example)", "Hot.")]
    [InlineData("Hot.\n\nSource: https://a.example", "Hot.")]
    [InlineData("Hot.\n\n__Sources__\n<https://a.example>\n[B](https://b.example)\n\n[1]: https://a.example", "Hot.")]
    public void Citations_AndTheirSources_AreTakenOut(string text, string expected) => Sources.RemoveFrom(text).ShouldBe(expected);

    [Theory]
    [InlineData("Plain text.\n\n")]
    [InlineData("See [the manual](https://a.example) and [1](https://b.example).")]
    [InlineData("See https://a.example.")]
    [InlineData("[[1]](#section) and [[1]](/relative)")]
    [InlineData("[[1, 2], [3]] is a list; a[1] is an element [1].")]
    [InlineData("[[1]](https://a.example")]
    [InlineData("Energy has many sources:\n- the sun\n- the wind")]
    [InlineData("Sources:\n- the sun, says https://a.example\n\nThat is all.")]
    [InlineData("Sources: the sun, says https://a.example")]
    [InlineData("## Sources\n\n## Mouths")]
    [InlineData("[1]: https://a.example\n\nThat was a definition.")]
    [InlineData("[name]: https://a.example")]
    [InlineData("[[1]](https://a.example)")]
    [InlineData("Sources:\n1. https://a.example")]
    [InlineData("In code:\n```md\nHot [[1]](https://a.example)\n\n[1]: https://a.example\n```")]
    [InlineData("In code:\n~~~\nHot [[1]](https://a.example)\n```\n[1]: https://a.example\n")]
    [InlineData("````\n```\n[[1]](https://a.example)\n```\n````")]
    [InlineData("Indented:\n\n    [[1]](https://a.example)\n\n\t[1]: https://a.example")]
    [InlineData("Write `[[1]](https://a.example)` or ``a ` [[1]](https://a.example)``.")]
    [InlineData("Open ` [[1]](https://a.example)")]
    public void Text_ThatOnlyLooksLikeIt_Stays(string text) => Sources.RemoveFrom(text).ShouldBe(text);

    [Fact]
    public void References_ToWhatStays_Stay() => Sources.RemoveFrom("Hot [1][2], cold [3], a[1].\n\n[1]: https://a.example\n[3]: https://c.example")
        .ShouldBe("Hot [1][2], cold, a[1].");

    [Fact]
    public void Prose_BesideCode_IsCleaned() => Sources.RemoveFrom("A [[1]](https://a.example)\n```\n[[1]](https://a.example)\n```\nB [[1]](https://a.example) `[1]`")
        .ShouldBe("A\n```\n[[1]](https://a.example)\n```\nB `[1]`");

    [Theory]
    [InlineData("", "Hot.")]
    [InlineData("true", "Hot.")]
    [InlineData("FALSE", "Hot. [[1]](https://a.example)")]
    public async Task Setting_DecidesWhetherTheyGo(string setting, string expected)
    {
        await using var upstream = await UpstreamServer.StartAsync(
            Status(200, """{"choices":[{"message":{"content":"Hot. [[1]](https://a.example)"}}]}"""));
        await using var api = new LlmApiFactory(upstream, settings: [("REMOVE_SOURCES", setting)]);
        using var client = api.CreateClient();

        (await client.GetStringAsync(new Uri("/?text=hi", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldBe(expected);

        // Only people who read text cannot follow them.
        using var chat = await client.ChatAsync(ChatRequests.Body());
        (await chat.TextAsync()).ShouldContain("[[1]](https://a.example)");
    }

    [Theory(Timeout = Patience.OfTest)]
    [InlineData("`")]
    [InlineData("[[1]](https://a(")]
    [InlineData("[1][2] ")]
    [InlineData(" \t")]
    [InlineData("- https://\n")]
    [InlineData("[1]: https://a\n\n")]
    [InlineData("Sources:\n")]
    public async Task Text_OfAnyLength_TakesNoAge(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 300_000));

        var rest = await Task.Run(() => Sources.RemoveFrom(text + "x" + text), TestContext.Current.CancellationToken);

        rest.ShouldNotBeEmpty();
    }
}
