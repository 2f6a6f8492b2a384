using Microsoft.Playwright;

namespace FreeGpt4.Tests.Pages;

/// <summary>What a page needs until somebody sees all of it, on a connection of 1.6 Mbit/s and 150 ms.</summary>
/// <param name="Bytes">As they came, with their heads.</param>
/// <param name="Paint">Milliseconds until anything was to be seen.</param>
/// <param name="Shifts">Of what had been seen already, each as a share of the screen.</param>
internal sealed record FirstView(double Bytes, double Paint, IReadOnlyList<double> Shifts)
{
    public static async Task<FirstView> MeasureAsync(WatchedPage page, string path)
    {
        var devTools = await page.Page.Context.NewCDPSessionAsync(page.Page);
        await devTools.SendAsync("Network.enable");
        await devTools.SendAsync("Network.emulateNetworkConditions", new()
        {
            ["offline"] = false,
            ["latency"] = 150,
            ["downloadThroughput"] = 1_600_000 / 8,
            ["uploadThroughput"] = 750_000 / 8,
        });
        var bytes = 0.0;
        devTools.Event("Network.loadingFinished").OnEvent += (_, finished) => bytes += finished!.Value.GetProperty("encodedDataLength").GetDouble();
        await page.Page.AddInitScriptAsync("""
            globalThis.shifts = [];
            new PerformanceObserver(list => shifts.push(...list.getEntries().map(entry => entry.value))).observe({ type: 'layout-shift', buffered: true });
            """);

        await page.GoAsync(path);
        await page.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        return new(
            bytes,
            await page.Page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"),
            await page.Page.EvaluateAsync<double[]>("shifts"));
    }
}
