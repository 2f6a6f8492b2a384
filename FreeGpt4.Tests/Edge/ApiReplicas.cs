using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>
/// Replicas of the built API in processes of their own behind one name, as Docker runs them: the name leads to one from the moment its
/// process is started, and until it has ended.
/// </summary>
internal sealed class ApiReplicas(string upstream) : IAsyncDisposable
{
    private readonly SortedDictionary<int, ServiceProcess> _running = [];
    private readonly HttpClient _client = new();

    public ReplicaName Name { get; } = new();

    public static string Id(int number) => $"r{number}";

    public async Task StartAsync(params int[] numbers)
    {
        foreach (var number in numbers)
        {
            _running[number] = ServiceProcess.Start(
                "FreeGpt4.LlmApi",
                ("DOTNET_ENVIRONMENT", "Production"),
                ("ASPNETCORE_URLS", $"http://{Name.EndPoint(number)}"),
                ("REPLICA_ID", Id(number)),
                ("FALLBACK_PROVIDERS", "Custom"),
                ("CUSTOM_BASE_URL", upstream));
        }

        Publish();
        foreach (var number in numbers)
        {
            await Eventually.IsTrue(() => IsHealthyAsync(number), Patience.Limit, $"{Id(number)} is ready", TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks them to stop, all at once, and waits for their ends.</summary>
    public async Task StopAsync(params int[] numbers)
    {
        await Task.WhenAll(numbers.Select(number => _running[number].TerminateAsync()));
        foreach (var number in numbers)
        {
            (await _running[number].ExitCodeAsync()).ShouldBe(0);
        }

        await RemoveAsync(numbers);
    }

    /// <summary>Ends one without a warning.</summary>
    public async Task KillAsync(int number)
    {
        _running[number].Kill();
        await _running[number].ExitCodeAsync();
        await RemoveAsync(number);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _running.Values)
        {
            await replica.DisposeAsync();
        }

        _client.Dispose();
        await Name.DisposeAsync();
    }

    private async Task RemoveAsync(params int[] numbers)
    {
        foreach (var number in numbers)
        {
            await _running[number].DisposeAsync();
            _running.Remove(number);
        }

        Publish();
    }

    private void Publish() => Name.Publish(_running.Keys);

    private async Task<bool> IsHealthyAsync(int number)
    {
        try
        {
            using var response = await _client.GetAsync($"http://{Name.EndPoint(number)}/health", TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException notYet) when (notYet.HttpRequestError == HttpRequestError.ConnectionError)
        {
            _running[number].HasExited.ShouldBeFalse(string.Join('\n', _running[number].Errors));
            return false;
        }
    }
}
