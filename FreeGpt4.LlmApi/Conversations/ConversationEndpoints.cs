using System.Text.Json.Serialization.Metadata;
using FreeGpt4.LlmApi.Conversations.History;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>Conversations of who asks: a user, or a browser that nobody has logged in with.</summary>
internal static class ConversationEndpoints
{
    private static readonly string[] About = ["title", "model", "systemPrompt", "parameters"];

    public static IServiceCollection AddConversations(this IServiceCollection services, SettingsReader settings, LiveSettings live) => services
        .AddSingleton(live.Add(settings, HistoryOptions.Read))
        .AddSingleton<Browsers>()
        .AddSingleton<BrowserSpace>()
        .AddSingleton<ConversationStore>()
        .AddSingleton<TextHistory>();

    public static IEndpointRouteBuilder MapConversations(this IEndpointRouteBuilder routes)
    {
        var conversations = routes.MapGroup("/api/conversations").ForCallers(isCounted: false);
        conversations.MapGet("", async (HttpContext context, Browsers browsers, ConversationStore store, string? search, string? cursor, string? limit) =>
        {
            NeverKeep(context);
            var greeted = browsers.Greet(context);
            var wanted = Limit(limit);
            return Json(
                browsers.Find(context) is { } owner
                    ? await store.ListAsync(owner, Search(search), cursor, wanted, context.RequestAborted)
                    : new ConversationPage([], NextCursor: null, ConversationOwner.MarkOf(greeted)),
                ConversationJson.Wire.ConversationPage);
        });
        conversations.MapPost("", async (HttpContext context, Browsers browsers, ConversationStore store) =>
        {
            NeverKeep(context);
            var owner = browsers.Require(context);
            var input = ConversationInput.Read(await context.Request.ReadJsonAsync(context.RequestAborted), [.. About, "id", "messages"]);
            var made = await store.CreateAsync(owner, input, context.RequestAborted);
            context.Response.Headers.Location = $"/api/conversations/{made.Id}";
            return Json(ConversationReply.Of(made), ConversationJson.Wire.ConversationReply, StatusCodes.Status201Created);
        });
        conversations.MapDelete("", async (HttpContext context, Browsers browsers, ConversationStore store) =>
        {
            NeverKeep(context);
            return Json(new(await store.DeleteAllAsync(browsers.Require(context), context.RequestAborted)), ConversationJson.Wire.DeletedReply);
        });
        conversations.MapGet("/export", (HttpContext context, Browsers browsers, ConversationStore store) =>
        {
            NeverKeep(context);
            return ConversationExport.WriteAsync(context, store, browsers.Find(context));
        });

        var one = conversations.MapGroup("/{id:guid}");
        one.MapGet("", async (HttpContext context, Browsers browsers, ConversationStore store, Guid id) =>
        {
            NeverKeep(context);
            return Json(
                ConversationReply.Of(await store.ReadAsync(browsers.Find(context) ?? "", id, context.RequestAborted)), ConversationJson.Wire.ConversationReply);
        });
        one.MapPatch("", async (HttpContext context, Browsers browsers, ConversationStore store, Guid id) =>
        {
            NeverKeep(context);
            var owner = browsers.Require(context);
            var input = ConversationInput.Read(await context.Request.ReadJsonAsync(context.RequestAborted), About);
            await store.ChangeAsync(owner, id, input, context.RequestAborted);
            return Json(ConversationReply.Of(await store.ReadAsync(owner, id, context.RequestAborted)), ConversationJson.Wire.ConversationReply);
        });
        one.MapDelete("", async (HttpContext context, Browsers browsers, ConversationStore store, Guid id) =>
        {
            NeverKeep(context);
            await store.DeleteAsync(browsers.Require(context), id, context.RequestAborted);
            return TypedResults.NoContent();
        });
        one.MapPost("/messages", async (HttpContext context, Browsers browsers, ConversationStore store, Guid id) =>
        {
            NeverKeep(context);
            var owner = browsers.Require(context);
            var input = ConversationInput.Read(await context.Request.ReadJsonAsync(context.RequestAborted), "messages", "position");
            return Json(
                ConversationReply.Of(await store.AppendAsync(owner, id, input, context.RequestAborted)),
                ConversationJson.Wire.ConversationReply,
                StatusCodes.Status201Created);
        });
        one.MapPut("/messages/{position:int}", async (HttpContext context, Browsers browsers, ConversationStore store, Guid id, int position) =>
        {
            NeverKeep(context);
            var owner = browsers.Require(context);
            var input = ConversationInput.Read(await context.Request.ReadJsonAsync(context.RequestAborted), "messages", "count");
            return Json(
                ConversationReply.Of(await store.ReplaceFromAsync(owner, id, position, input, context.RequestAborted)), ConversationJson.Wire.ConversationReply);
        });
        one.MapGet("/export", async (HttpContext context, Browsers browsers, ConversationStore store, Guid id) =>
        {
            NeverKeep(context);
            var conversation = await store.ReadAsync(browsers.Find(context) ?? "", id, context.RequestAborted);
            await ConversationExport.WriteAsync(context, conversation);
        });
        return routes;
    }

    // Results and not TypedResults: the generator of handlers does not see what a generic method of our own returns.
    private static IResult Json<T>(T value, JsonTypeInfo<T> type, int? status = null) => Results.Json(value, type, statusCode: status);

    private static void NeverKeep(HttpContext context) => context.Response.OnStarting(() =>
    {
        // An error clears what was set before.
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    });

    private static int Limit(string? text) => text is null ? ConversationLimits.UsualPage
        : int.TryParse(text, out var limit) && limit is >= 1 and <= ConversationLimits.Page ? limit
        : throw new InvalidRequestException($"'limit' must be a whole number from 1 to {ConversationLimits.Page}.", "limit");

    private static string? Search(string? text) => string.IsNullOrWhiteSpace(text) ? null
        : text.Length <= ConversationLimits.Search && !text.Contains('\0') ? text.Trim()
        : throw new InvalidRequestException($"'search' has at most {ConversationLimits.Search} characters, none of them U+0000.", "search");
}
