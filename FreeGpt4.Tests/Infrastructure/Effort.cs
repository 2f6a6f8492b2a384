namespace FreeGpt4.Tests.Infrastructure;

/// <summary>How often a test repeats itself: as often as CI has time for, or with <c>FULL=1</c> as often as it takes to be sure.</summary>
internal static class Effort
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("FULL") is "1";

    public static T Choose<T>(T usual, T full) => IsFull ? full : usual;
}
