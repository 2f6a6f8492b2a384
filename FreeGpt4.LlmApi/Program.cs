using FreeGpt4.LlmApi.ChatCompletions;
using FreeGpt4.LlmApi.Commands;
using FreeGpt4.LlmApi.Completions;
using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.Embeddings;
using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.Messages;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenApi;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Responses;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.State.Retention;
using FreeGpt4.LlmApi.Status;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Text;
using FreeGpt4.ServiceDefaults;
using FreeGpt4.ServiceDefaults.Settings;

var builder = WebApplication.CreateBuilder(args);
var settings = new SettingsReader(builder.Configuration);
var live = new LiveSettings(builder.Configuration);

builder.AddServiceDefaults();
builder.AddListener(settings);
builder.AddLogLevel(settings);
builder.Services.AddState(settings);
builder.Services.AddReplyHeaders(settings);
builder.Services.AddErrorReplies();
builder.Services.AddProviders(settings, builder.Environment);
builder.Services.AddFallback(settings);
builder.Services.AddAnswerStreams(settings);
builder.Services.AddMessages();
builder.Services.AddModelCatalog();
builder.Services.AddTextQuestions(settings);
builder.Services.AddConversations(settings, live);
builder.Services.AddRetention(settings, live);
builder.Services.AddSettingsCheck(settings);

if (CommandLine.IsCommand(args))
{
    return await CommandLine.RunAsync(builder, args, CancellationToken.None);
}

return await builder.RunServiceAsync(app =>
{
    // Before routing: every reply has the headers, probes and unknown routes included.
    app.UseReplyHeaders();
    app.UseErrorReplies();
    app.UseOpenApiPage();
    app.UseRouting();

    app.MapDefaultEndpoints();
    app.MapChatCompletions();
    app.MapResponses();
    app.MapCompletions();
    app.MapEmbeddings();
    app.MapMessages();
    app.MapModels();
    app.MapTextQuestions();
    app.MapConversations();
    app.MapStatus();
    app.MapOpenApi();
});
