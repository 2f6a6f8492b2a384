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
using FreeGpt4.LlmApi.Pages;
using FreeGpt4.LlmApi.Pages.Assets;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Responses;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.State.Retention;
using FreeGpt4.LlmApi.Status;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Text;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.ServiceDefaults;
using FreeGpt4.ServiceDefaults.SelfChecks;
using FreeGpt4.ServiceDefaults.Settings;

if (SelfCheck.IsAskedFor(args))
{
    return await SelfCheck.RunAsync(args);
}

var builder = ServiceBuilder.Create(args);
var live = builder.AddLiveSettings();
var settings = new SettingsReader(builder.Configuration);

builder.AddServiceDefaults();
builder.AddListener(settings);
builder.AddLogLevel(settings);
builder.AddLogFile(settings);
builder.Services.AddState(settings);
builder.Services.AddUsers(settings, live);
builder.Services.AddReplyHeaders(settings);
builder.Services.AddReplicas();
builder.Services.AddRequestLog(settings);
builder.Services.AddErrorReplies();
builder.Services.AddProviders(settings, live, builder.Environment);
builder.Services.AddUsage(settings);
builder.Services.AddFallback(settings, live);
builder.Services.AddAnswerStreams(settings);
builder.Services.AddMessages();
builder.Services.AddModelCatalog();
builder.Services.AddTextQuestions(settings, live);
builder.Services.AddConversations(settings, live);
builder.Services.AddRetention(settings, live);
builder.AddPages();
builder.Services.AddSettingsCheck(settings);

if (CommandLine.IsCommand(args))
{
    return await CommandLine.RunAsync(builder, args, CancellationToken.None);
}

return await builder.RunServiceAsync(app =>
{
    // Before routing: every reply has the headers, probes and unknown routes included.
    app.UseReplyHeaders();
    app.UseRequestRecords();
    app.UseErrorReplies();
    app.UseOpenApiPage();
    app.UsePages();
    app.UseRouting();
    app.UseUsers();
    app.UseUsage();

    app.MapDefaultEndpoints();

    var answers = app.MapGroup("").ForCallers();
    answers.MapChatCompletions();
    answers.MapResponses();
    answers.MapCompletions();
    answers.MapEmbeddings();
    answers.MapMessages();
    answers.MapTextQuestions();

    app.MapModels();
    app.MapAccounts();
    app.MapConversations();
    app.MapStatus();
    app.MapUsage();
    app.MapSettings();
    app.MapOpenApi();
    app.MapAssets();
});
