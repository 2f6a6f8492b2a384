namespace FreeGpt4.LlmApi.State.Backups;

/// <summary>A command cannot do what it was asked to; the message is for who asked.</summary>
internal sealed class BackupException(string message) : Exception(message);
