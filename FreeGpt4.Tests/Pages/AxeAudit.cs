
namespace FreeGpt4.Tests.Pages;

/// <summary>axe-core, which finds what keeps people from using a page who do not look at it, or not well.</summary>
internal static class AxeAudit
{
    private static readonly string Axe = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Bundles", "axe.min.js"));

    /// <param name="when">For the message.</param>
    public static async Task AssertAccessibleAsync(this WatchedPage page, string when)
    {
        // What fades has a colour of its own while it does.
        await page.Page.EvaluateAsync("() => Promise.allSettled(document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished))");
        await page.Page.EvaluateAsync(Axe);
        var found = await page.Page.EvaluateAsync<string[]>("""
            async () => (await axe.run()).violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${rule.help}: ${node.html}: ${node.failureSummary}`))
            """);
        found.ShouldBeEmpty(when);
    }
}
