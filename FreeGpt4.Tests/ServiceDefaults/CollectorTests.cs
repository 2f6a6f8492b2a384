namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class CollectorTests
{
    [Fact(Timeout = 60_000)]
    public async Task Signal_GrownWithoutWhatIsAwaited_IsAwaitedOn()
    {
        var signal = new Collector.Signal();
        var received = signal.ReceivesAsync("second");

        // As a server does it, on a thread of its own.
        await Task.Run(() => signal.Add("first"), TestContext.Current.CancellationToken);
        received.IsCompleted.ShouldBeFalse();
        await Task.Run(() => signal.Add("second"), TestContext.Current.CancellationToken);

        await received;
        signal.Text.ShouldBe("firstsecond");
    }
}
