namespace FreeGpt4.Tests.Infrastructure;

/// <summary>How long tests wait for what must happen before they call it lost. Only what hangs takes that long, so a busy machine has plenty.</summary>
internal static class Patience
{
    /// <summary>Milliseconds for a whole test, as in <c>[Fact(Timeout = Patience.OfTest)]</c>.</summary>
    public const int OfTest = 300_000;

    /// <summary>Of a single wait.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
}
