namespace FreeGpt4.LlmApi.State;

/// <summary>The database does not answer somebody who wants to change what is in it.</summary>
internal sealed class StateUnavailableException(string message, Exception cause) : Exception(message, cause);
