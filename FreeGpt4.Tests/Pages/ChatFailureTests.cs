using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>What a person is told when something fails, and what they can do.</summary>
[Collection(ChatFixture.Name)]
public sealed class ChatFailureTests(ChatFixture chat)
{
    private const string Completions = "**/v1/chat/completions";

    [Theory]
    [InlineData(401, "invalid_api_key", "Please log in")]
    [InlineData(404, "model_not_found", "Nobody has this model")]
    [InlineData(413, "request_too_large", "That is too large")]
    [InlineData(429, "rate_limit_exceeded", "Too many questions at once")]
    [InlineData(429, "daily_limit_reached", "Enough for today")]
    [InlineData(400, null, "The request was refused")]
    [InlineData(500, "internal_error", "Something went wrong in the cluster")]
    [InlineData(502, "bad_gateway", "Something went wrong in the cluster")]
    [InlineData(503, "no_provider_answered", "No provider could answer")]
    public async Task Error_IsToldInPlainWords_AndTriedAgain(int status, string? code, string title)
    {
        await using var page = await chat.OpenAsync();
        await page.Page.RouteAsync(Completions, route => route.FulfillAsync(new()
        {
            Status = status,
            ContentType = "application/json",
            Headers = new Dictionary<string, string> { ["retry-after"] = "7", ["x-request-id"] = "req_of_this_test" },
            Body = new JsonObject { ["error"] = new JsonObject { ["message"] = "<b>exactly</b> this", ["type"] = "x", ["param"] = null, ["code"] = code } }.ToJsonString(),
        }));

        await page.SendAsync("it fails at first");
        var card = page.Page.Locator(".failure");
        await Expect(card.GetByRole(AriaRole.Heading)).ToHaveTextAsync(title);
        if (status is not (400 or 503))
        {
            // For these there is advice without it.
            await card.GetByText("What exactly was said").ClickAsync();
        }

        await Expect(card.GetByText("<b>exactly</b> this")).ToBeInViewportAsync();
        await Expect(card).ToContainTextAsync("Request req_of_this_test");
        await (code == "rate_limit_exceeded" ? Expect(card) : Expect(card).Not).ToContainTextAsync("Try again in 7 s.");

        await page.Page.UnrouteAllAsync();
        await page.ClickAsync("Try again");
        await Expect(page.LastAnswer).ToContainTextAsync("You said: it fails at first");
        await Expect(card).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Library_ThatDoesNotCome_IsToldAndTriedAgain()
    {
        await using var page = await chat.NewPageAsync(ChatPage.Desktop);
        await page.LoseAsync("markdown/growing.js");
        await page.GoAsync();

        await page.SendAsync("shown without its library");
        await Expect(page.Page.Locator(".failure")).ToBeVisibleAsync();

        await page.Page.UnrouteAllAsync();
        await page.ClickAsync("Try again");
        await Expect(page.LastAnswer).ToContainTextAsync("You said: shown without its library");
    }

    [Fact]
    public async Task Connection_ThatFails_LosesNoQuestion()
    {
        await using var page = await chat.OpenAsync();
        await page.Page.RouteAsync(Completions, route => route.AbortAsync());

        await page.SendAsync("a question that must not be lost");
        await Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "No connection to the cluster" })).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["a question that must not be lost"]);
        await Expect(page.Question).ToHaveValueAsync("");
        await page.Page.UnrouteAllAsync();
        await page.ClickAsync("Try again");

        await Expect(page.LastAnswer).ToContainTextAsync("You said: a question that must not be lost");
    }

    [Fact]
    public async Task Answer_ThatBreaksOff_KeepsWhatHasComeAndIsTriedAgain()
    {
        await using var page = await chat.OpenAsync();

        // One provider alone would be set aside for its error.
        await page.Page.RouteAsync(Completions, route => route.FulfillAsync(new()
        {
            ContentType = "text/event-stream",
            Body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"so far\"}}]}\n\ndata: {\"error\":{\"message\":\"the model fell over\"}}\n\n",
        }));
        await page.SendAsync("it breaks off");
        await Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "The answer broke off" })).ToBeVisibleAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("so far");
        await Expect(page.Conversations).ToHaveTextAsync(["it breaks off"]);
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("The answer broke off");
        await Expect(page.LastAnswer.Locator(".route")).Not.ToContainTextAsync("Stopped");

        await page.Page.UnrouteAllAsync();
        await page.ClickAsync("Try again");
        await Expect(page.LastAnswer).ToContainTextAsync("You said: it breaks off");
        await page.AnsweredAsync();
        await page.ReloadAsync();
        await Expect(page.Answers).ToHaveCountAsync(1);
        await Expect(page.LastAnswer).ToContainTextAsync("You said: it breaks off");
    }

    [Fact]
    public async Task Stream_ThatEndsWithoutItsEnd_IsNoAnswer()
    {
        await using var page = await chat.OpenAsync();
        await page.Page.RouteAsync(Completions, route => route.FulfillAsync(new()
        {
            ContentType = "text/event-stream",
            Body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"so far\"}}]}\n\n",
        }));

        await page.SendAsync("it is cut");

        await Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "The answer broke off" })).ToBeVisibleAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("so far");
    }

    [Fact]
    public async Task Save_ThatFails_IsToldAndDoneLater()
    {
        await using var page = await chat.OpenAsync();
        await page.Page.RouteAsync("**/api/conversations", route => route.Request.Method == "POST" ? route.AbortAsync() : route.ContinueAsync());

        await page.AskAsync("to be kept");
        await Expect(page.Notice).ToContainTextAsync("This conversation is not saved");
        await page.Page.UnrouteAllAsync();
        await page.ClickAsync("Save again");

        await Expect(page.Conversations).ToHaveTextAsync(["to be kept"]);
        await Expect(page.Notice).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.LastAnswer).ToContainTextAsync("You said: to be kept");
        await Expect(page.Question).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Conversation_DeletedElsewhere_IsKeptAgainWithTheNextAnswer()
    {
        await using var page = await chat.OpenAsync();
        await page.AskAsync("before");
        var id = new Uri(page.Page.Url).Fragment[1..];
        await page.Page.EvaluateAsync("id => fetch(`/api/conversations/${id}`, { method: 'DELETE', headers: { 'x-freegpt4-csrf': '1' } })", id);

        await page.AskAsync("after");

        await page.ReloadAsync();
        new Uri(page.Page.Url).Fragment[1..].ShouldNotBe(id);
        await Expect(page.Questions.Locator("p")).ToHaveTextAsync(["before", "after"]);
        await page.GoAsync($"/#{id}");
        await Expect(page.Notice).ToContainTextAsync("This conversation is not there any more.");
    }

    [Fact]
    public async Task Answer_OfTheNextProvider_SaysAfterHowManyFallbacks()
    {
        await using var first = await UpstreamServer.StartAsync(UpstreamServerReplies.Status(500, "{}"));
        await using var other = await UpstreamServer.StartAsync(UpstreamServerReplies.Events("stream-complete.sse"));
        await using var api = new LlmApiFactory(first, other: other);
        using var client = api.CreateClient();
        await using var page = await chat.OpenAsync(address: client.BaseAddress);

        await page.AskAsync("who is there?");

        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("Other");
        await Expect(page.LastAnswer.Locator(".route")).ToContainTextAsync("after 1 fallback");
    }
}
