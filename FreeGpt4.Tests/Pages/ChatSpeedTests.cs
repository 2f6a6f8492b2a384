using System.Globalization;
using System.Text.Json;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>How much a first view needs, and whether a long answer slows the page. Times are told, and not asserted: machines differ.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatSpeedTests(ChatFixture chat)
{
    private const int LargestFirstView = 100_000;
    private const int LongAnswer = 20_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FirstView_IsSmallAndShiftsNothing(bool isPhone)
    {
        await using var page = await chat.NewPageAsync(isPhone ? ChatPage.Phone : ChatPage.Desktop);
        var view = await FirstView.MeasureAsync(page, "/");

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"First contentful paint after {view.Paint:F0} ms; {view.Bytes:F0} bytes with headers."));
        view.Bytes.ShouldBeInRange(10_000, LargestFirstView);
        view.Shifts.ShouldBeEmpty();
    }

    [Fact]
    public async Task LongAnswer_DoesNotSlowThePage()
    {
        chat.Model.When("a very long answer", async answer =>
        {
            // Some 3,000 tokens a second: nobody is known to be faster.
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            var part = 0;
            for (var tokens = 0; tokens < LongAnswer; tokens += 64)
            {
                part++;
                await pace.WaitForNextTickAsync();
                await answer.SayAsync($"## Part {part}\n\nSome **words** with `code`, number {part}, and more of them.\n\n- one of {part}\n- two of *{part}*\n\n```js\nconst x{part} = {part}; // a line\nf(x{part});\n```\n\nAnd a last line of this part with the rest of the words {part}.\n\n");
            }
        });
        await using var page = await chat.OpenAsync();
        await page.Page.EvaluateAsync("""
            () => {
              globalThis.frames = [];
              let last = performance.now();
              requestAnimationFrame(function next(now) { frames.push(now - last); last = now; requestAnimationFrame(next); });
            }
            """);

        await page.SendAsync("a very long answer");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("tokens");
        await page.AnsweredAsync();

        var frames = (await page.Page.EvaluateAsync<JsonElement>("frames")).EnumerateArray().Select(frame => frame.GetDouble()).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{frames.Count} frames: median {At(frames, 0.5):F0} ms, 95 % {At(frames, 0.95):F0} ms, 99 % {At(frames, 0.99):F0} ms, longest {frames.Max():F0} ms."));

        // Were everything read anew with each frame, the last ones would take many times as long as the first.
        var (first, last) = (At(frames[..(frames.Count / 4)], 0.5), At(frames[^(frames.Count / 4)..], 0.5));
        last.ShouldBeLessThan(4 * Math.Max(first, 1000.0 / 60));
        await Expect(page.LastAnswer.Locator("h2.visually-hidden ~ .prose h2")).ToHaveCountAsync((LongAnswer + 63) / 64);

        static double At(List<double> all, double share) => all.Order().ElementAt((int)((all.Count - 1) * share));
    }
}
