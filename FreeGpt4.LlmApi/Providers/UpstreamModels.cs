using System.Net.Http.Headers;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers.Configuration;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// What an upstream lists at <c>GET {base}/models</c>, remembered for a while; a stale list is good until the next one has come. A list
/// that cannot be had says nothing against a provider, unless there is nobody at its address at all.
/// </summary>
/// <param name="before">What is known already.</param>
internal sealed partial class UpstreamModels(
    HttpClient client,
    ProviderOptions options,
    UpstreamModels.Known before,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<UpstreamModels> logger)
{
    /// <summary>What Ollama leaves out of a name.</summary>
    public const string Latest = ":latest";

    private const int LongestList = 16 << 20;

    // Nobody could ask for a longer one, or for one with control characters.
    private const int LongestId = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepList = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan KeepFailure = TimeSpan.FromSeconds(30);

    // Whoever has just started their own server does not want to wait.
    private static readonly TimeSpan KeepAbsence = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // The list also tells who is there at all.
    private readonly bool _isListed = options.Adapter is ProviderAdapter.OpenAI
        && (!options.RestrictsModels || options.Group is ProviderGroup.Keyless or ProviderGroup.Local);

    private Task? _fetch;
    private volatile Known _known = before;

    /// <summary><c>null</c> while nobody knows.</summary>
    public IReadOnlyList<Model>? Listed => _known.Models;

    /// <summary>
    /// The listed model that somebody means, whatever the case of the letters; the first where several may be meant. Ollama lists
    /// <c>llama3:latest</c> and takes <c>llama3</c>.
    /// </summary>
    /// <returns><c>null</c> when none is, as far as anybody knows.</returns>
    public string? Find(string name) => _known.Names.GetValueOrDefault(name);

    /// <summary>What came of it when the list was last asked for.</summary>
    public ListOutcome Outcome => _known.Outcome;

    /// <summary>What whoever takes over, at the same address with other settings, can begin with.</summary>
    public Known Stale => _known with { Until = DateTimeOffset.MinValue };

    /// <summary>What can be asked for: the models that were chosen, else those that the upstream lists.</summary>
    public IReadOnlyList<Model> Offered => options.RestrictsModels || Listed is null or []
        ? [.. options.Models.Select(id => new Model(id, options.Name))]
        : Listed;

    /// <summary>Asks for the list if it is wanted and stale, and does not wait for it.</summary>
    /// <returns>Ends when the list was had, or could not be had; never fails.</returns>
    public Task Refresh()
    {
        if (!_isListed || _known.Until > time.GetUtcNow())
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            return _fetch is { IsCompleted: false } ? _fetch : _fetch = FetchAsync(lifetime.ApplicationStopping);
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        // Whoever asks has no use for the time that a connection takes to begin.
        await Task.Yield();
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("model list", Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, options.Address(options.ModelsPath));
            request.Headers.Authorization =
                (options.Keys is [var key, ..] ? key : options.FixedKey) is { } bearer ? new AuthenticationHeaderValue("Bearer", bearer.Value) : null;
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);

            // Another one of us would ask us in turn.
            if (!response.IsSuccessStatusCode || response.Headers.Contains("x-freegpt4-replica"))
            {
                Keep(ListOutcome.None, $"HTTP {(int)response.StatusCode}");
                return;
            }

            await response.Content.LoadIntoBufferAsync(LongestList, deadline.Token);
            var models = Read(await response.Content.ReadAsByteArrayAsync(deadline.Token));
            _known = new(models, ListOutcome.Listed, time.GetUtcNow() + KeepList);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError
            or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            Keep(ListOutcome.Unreachable, e.HttpRequestError.ToString());
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            Keep(ListOutcome.Unreachable, "no connection in time");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or InvalidOperationException or OperationCanceledException)
        {
            Keep(ListOutcome.None, e.GetType().Name);
        }
    }

    // {"data":[{"id":…}]}; a few leave out everything around the array.
    private Model[] Read(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var list = root.ValueKind is JsonValueKind.Object && root.TryGetProperty("data", out var data) ? data : root;
        return list.ValueKind is JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind is JsonValueKind.Object).Select(ReadModel).OfType<Model>()]
            : [];
    }

    private Model? ReadModel(JsonElement item) =>
        item.Deserialize(OpenAIJsonContext.Default.UpstreamModel) is { Id: { Length: > 0 and <= LongestId } id } model && !id.Any(char.IsControl)
            ? new Model(WithoutPrefix(id), model.OwnedBy ?? options.Name, model.CreatedSeconds) { Further = model.Further }
            : null;

    private string WithoutPrefix(string id) => options.Quirks.ModelPrefix is { } prefix && id.StartsWith(prefix, StringComparison.Ordinal)
        ? id[prefix.Length..]
        : id;

    private void Keep(ListOutcome outcome, string reason)
    {
        Log.NoModelList(logger, options.Name, reason);

        // Who cannot be reached has no models any more, if it is here or not at all.
        var models = outcome is ListOutcome.Unreachable && options.IsLocal ? null : _known.Models;
        _known = new(models, outcome, time.GetUtcNow() + (options.IsLocal ? KeepAbsence : KeepFailure));
    }

    public sealed record Known(IReadOnlyList<Model>? Models, ListOutcome Outcome, DateTimeOffset Until)
    {
        /// <summary>Every request looks for its model, at every provider, and some list hundreds.</summary>
        public IReadOnlyDictionary<string, string> Names { get; } = NamesOf(Models ?? []);

        public static Known Nothing { get; } = new(Models: null, ListOutcome.Unknown, DateTimeOffset.MinValue);

        private static Dictionary<string, string> NamesOf(IReadOnlyList<Model> models)
        {
            var names = new Dictionary<string, string>(models.Count, StringComparer.OrdinalIgnoreCase);
            foreach (var id in models.Select(model => model.Id))
            {
                names.TryAdd(id, id);
                if (id.EndsWith(Latest, StringComparison.OrdinalIgnoreCase))
                {
                    names.TryAdd(id[..^Latest.Length], id);
                }
            }

            return names;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Provider} gives no list of its models ({Reason}).")]
        public static partial void NoModelList(ILogger logger, string provider, string reason);
    }
}

internal enum ListOutcome
{
    /// <summary>Nobody has asked yet, or nobody needs to.</summary>
    Unknown,

    Listed,

    /// <summary>There is somebody, and no list.</summary>
    None,

    /// <summary>There is nobody.</summary>
    Unreachable,
}
