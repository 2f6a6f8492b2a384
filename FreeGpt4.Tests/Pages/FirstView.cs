using Microsoft.Playwright;

namespace FreeGpt4.Tests.Pages;

/// <summary>What a page needs until somebody sees all of it, on a connection of 1.6 Mbit/s and 150 ms.</summary>
/// <param name="Bytes">As they came, with their heads.</param>
/// <param name="Paint">Milliseconds until anything was to be seen.</param>
/// <param name="Shifts">Of what had been seen already, each as a share of the screen, with what moved from where to where.</param>
internal sealed record FirstView(double Bytes, double Paint, IReadOnlyList<string> Shifts)
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
            const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
            const moved = ({ node, previousRect, currentRect }) => `${node?.id || node?.className || node?.nodeName} ${place(previousRect)} to ${place(currentRect)}`;
            new PerformanceObserver(list => shifts.push(...list.getEntries().map(entry => `${entry.value}: ${entry.sources.map(moved).join(', ')}`)))
              .observe({ type: 'layout-shift', buffered: true });
            """);

        await page.GoAsync(path);
        await page.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        return new(
            bytes,
            await page.Page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"),
            await page.Page.EvaluateAsync<string[]>("shifts"));
    }
}
