using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers.Configuration;
using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Trials;

/// <summary>Asks a provider something small, with the settings that are in force or with others that are only tried.</summary>
internal sealed class ProviderTrials(
    ProvidersFile files, ProviderRegistry registry, ProviderClients clients, IConfiguration configuration, TimeProvider time)
{
    private const string Question = "Say OK.";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="InvalidRequestException">There is no such provider, or what is to be tried is not allowed.</exception>
    public async Task<TrialReply> TryAsync(string name, TrialRequest trial, CancellationToken cancellationToken)
    {
        var definition = files.Providers.FirstOrDefault(provider => provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidRequestException(
                $"There is no provider '{name}'. There are {string.Join(", ", files.Providers.Select(provider => provider.Name))}.",
                "name",
                "provider_not_found",
                StatusCodes.Status404NotFound);
        if (trial.BaseUrl is not null)
        {
            // Neither a key that is set nor a header, which may be one, goes to an address that somebody has just typed in.
            trial = trial with { ApiKey = trial.ApiKey ?? "" };
            definition = definition with
            {
                ApiKey = null,
                FixedKey = null,
                Quirks = definition.Quirks is { } quirks ? quirks with { Headers = ProviderQuirks.None.Headers } : null,
            };
        }

        var settings = new SettingsReader(setting => Tried(definition.SettingPrefix, trial, setting) ?? configuration[setting]);
        var (options, missing) = ProviderSettings.Resolve(definition, settings);
        if (settings.Failures is [_, ..] failures)
        {
            throw new InvalidRequestException(string.Join('\n', failures), code: "invalid_settings");
        }

        if (options is null)
        {
            return new(definition.Name, Asked: null, Model: null, "not_set_up", 0, $"{definition.Name} is not set up: {missing?.WhatToDo}.");
        }

        using var client = clients.Open(options.ConnectTimeout, OutgoingProxies.Read(settings));
        var model = trial.Model ?? (options.Models is [var preferred, ..] ? preferred : ListedModel(options.Name));
        var asksChat = trial.Ask is TrialKind.Chat || (trial.Ask is null && model is not null) || options.Adapter is not ProviderAdapter.OpenAI;
        if (asksChat && model is null)
        {
            throw new InvalidRequestException($"Name a model to ask {options.Name} for: it lists none.", "model");
        }

        var start = time.GetTimestamp();
        var key = options.Keys is [var first, ..] ? first : options.FixedKey;
        var call = new ProviderCall(Request(model ?? Question), model ?? "", key) { TimeLeft = Patience };
        var (outcome, message) = await OutcomeAsync(
            options, () => asksChat ? ChatAsync(options, client, call, cancellationToken) : ListAsync(options, client, call, cancellationToken));
        var latency = (long)time.GetElapsedTime(start).TotalMilliseconds;
        return new(options.Name, asksChat ? TrialKind.Chat : TrialKind.Models, asksChat ? model : null, outcome, latency, message);
    }

    private string? ListedModel(string provider) => registry.Find(provider)?.Models.Listed is [var model, ..] ? model.Id : null;

    private static string? Tried(string prefix, TrialRequest trial, string setting) =>
        setting == $"{prefix}_API_KEY" ? trial.ApiKey : setting == $"{prefix}_BASE_URL" ? trial.BaseUrl : null;

    private static async Task<(string Outcome, string Message)> OutcomeAsync(ProviderOptions options, Func<Task<string>> ask)
    {
        try
        {
            return ("ok", await ask());
        }
        catch (RequestRejectedException e)
        {
            // Its own words, without its secrets.
            return ("rejected", $"{options.Name} rejected the request (HTTP {e.Status}): {e.Error.Message}");
        }
        catch (ProviderException e)
        {
            return (JsonNamingPolicy.SnakeCaseLower.ConvertName($"{e.Failure}"), $"{options.Name} {e.Message}.");
        }
    }

    private async Task<string> ChatAsync(ProviderOptions options, HttpClient client, ProviderCall call, CancellationToken cancellationToken)
    {
        await registry.Create(options, client).Client.CompleteAsync(call, cancellationToken);
        return $"{options.Name} answered.";
    }

    private async Task<string> ListAsync(ProviderOptions options, HttpClient client, ProviderCall call, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("model list", Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, options.Address(options.ModelsPath));
            request.Headers.Authorization = call.Key is { } key ? new("Bearer", key.Value) : null;
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            return response.IsSuccessStatusCode
                ? $"{options.Name} has a list of models."
                : throw await UpstreamRefusal.ReadAsync(response, call, options, time, deadline.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && UpstreamFailure.Explain(e, deadline, options) is { } failure)
        {
            throw failure;
        }
    }

    // One token is enough to know.
    private static ChatCompletionRequest Request(string model) => ChatCompletionRequest.Parse(JsonSerializer.SerializeToUtf8Bytes(
        new(model, [new("user", Question)], MaxTokens: 1), TrialJsonContext.Default.TrialChat));
}
