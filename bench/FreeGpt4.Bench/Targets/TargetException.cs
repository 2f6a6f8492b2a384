namespace FreeGpt4.Bench.Targets;

/// <summary>A target cannot be measured, and the message says what to do.</summary>
internal sealed class TargetException(string message) : Exception(message);
