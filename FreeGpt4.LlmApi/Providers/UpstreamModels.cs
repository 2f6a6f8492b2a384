using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// What an upstream lists at <c>GET {base}/models</c>, remembered for a while. A list that cannot be had is an empty one:
/// many servers have none, and chat does not depend on it.
/// </summary>
internal sealed partial class UpstreamModels(
    HttpClient client, OpenAICompatibleOptions options, TimeProvider time, ILogger<UpstreamModels> logger) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepList = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan KeepFailure = TimeSpan.FromSeconds(30);

    private readonly Uri _address = new($"{options.BaseUrl.AbsoluteUri.TrimEnd('/')}/models");
    private readonly SemaphoreSlim _one = new(1);
    private volatile Known _known = new([], DateTimeOffset.MinValue);

    public async ValueTask<IReadOnlyList<Model>> GetAsync(CancellationToken cancellationToken)
    {
        if (_known.Until > time.GetUtcNow())
        {
            return _known.Models;
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_known.Until <= time.GetUtcNow())
            {
                _known = await FetchAsync(cancellationToken);
            }

            return _known.Models;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<Known> FetchAsync(CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(time, cancellationToken);
        deadline.Start("model list", Patience);
        try
        {
            var list = await client.GetFromJsonAsync(_address, OpenAIJsonContext.Default.UpstreamModelList, deadline.Token);
            Model[] models = [.. (list?.Data ?? []).Where(model => model.Id is { Length: > 0 })
                .Select(model => new Model(model.Id!, model.OwnedBy ?? options.Name, model.CreatedSeconds) { Further = model.Further })];
            return new(models, time.GetUtcNow() + KeepList);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            Log.NoModelList(logger, options.Name, e.GetType().Name);
            return new(_known.Models, time.GetUtcNow() + KeepFailure);
        }
    }

    private sealed record Known(IReadOnlyList<Model> Models, DateTimeOffset Until);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Provider} gives no list of its models ({Reason}).")]
        public static partial void NoModelList(ILogger logger, string provider, string reason);
    }
}
