namespace FreeGpt4.LlmApi.State;

/// <summary>What was asked for is in the database only, and that does not answer.</summary>
internal sealed class StateLostException(Exception why) : Exception("The database does not answer.", why);
