using FreeGpt4.Tests.Edge;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>The chat through the edge that the other tests do not use.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatEdgeTests(ChatFixture chat)
{
    [Fact]
    public async Task Answer_ThroughNginx_IsShownWhileItComes_AndIsKept()
    {
        var goOn = new TaskCompletionSource();
        chat.Model.When("through nginx", async answer =>
        {
            await answer.SayAsync("a part");
            await goOn.Task.WaitAsync(answer.Cancelled);
            await answer.SayAsync(" and the rest");
        });
        await using var edge = await new NginxProgram().StartAsync(chat.Api);
        await using var page = await chat.OpenAsync(address: edge.Client.BaseAddress);

        await page.SendAsync("through nginx");
        await Expect(page.LastAnswer).ToContainTextAsync("a part");
        goOn.SetResult();
        await page.AnsweredAsync();

        await page.ReloadAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("a part and the rest");
    }
}
