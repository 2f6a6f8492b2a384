using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Usage;

/// <summary>What metrics are told, under OpenTelemetry's names.</summary>
public sealed class MetricTests
{
    private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> _measured = new();

    [Fact(Timeout = Patience.OfTest)]
    public async Task Providers_ThatAreAsked_AreMeasuredEach()
    {
        await using var failing = await UpstreamServer.StartAsync(Status(500, "{}"));
        await using var answering = await UpstreamServer.StartAsync(Events("stream-usage.sse"));
        await using var api = new LlmApiFactory(failing, other: answering);
        using var client = api.CreateClient();
        using var listener = Listen(api.Services.GetRequiredService<IMeterFactory>());

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));
        _ = await response.TextAsync();

        await Eventually.IsTrue(() => Of("gen_ai.client.token.usage").Count == 2, Patience.Limit, "all is measured", TestContext.Current.CancellationToken);
        var durations = Of("gen_ai.client.operation.duration");
        durations.Select(one => (one.Tags["gen_ai.provider.name"], one.Tags.GetValueOrDefault("error.type")))
            .ShouldBe([("custom", (object?)"Server"), ("other", null)]);
        durations[0].Tags["gen_ai.operation.name"].ShouldBe("chat");
        durations[0].Tags["gen_ai.request.model"].ShouldBe("gpt-4o");
        Of("gen_ai.client.operation.time_to_first_chunk").ShouldHaveSingleItem().Tags["gen_ai.provider.name"].ShouldBe("other");
        Of("gen_ai.client.token.usage").Select(one => (one.Tags["gen_ai.token.type"], one.Value)).ShouldBe([((object?)"input", 9d), ("output", 4)]);
        listener.RecordObservableInstruments();
        Of("freegpt4.usage.dropped").ShouldHaveSingleItem().Value.ShouldBe(0);
    }

    private List<(string Name, double Value, Dictionary<string, object?> Tags)> Of(string name) => [.. _measured.Where(one => one.Name == name)];

    private MeterListener Listen(IMeterFactory ofApi)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name.StartsWith("FreeGpt4.", StringComparison.Ordinal) && instrument.Meter.Scope == ofApi)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        return listener;
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Enqueue((instrument.Name, value, tags.ToArray().ToDictionary()));
}
