using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Users.OlderContract;

/// <summary>Changes settings of the cluster as <c>POST /save</c> wants it.</summary>
internal interface ISettingsForm
{
    /// <param name="values">By the names of their environment variables; an empty one goes back to its default.</param>
    /// <param name="changedBy">The name of an admin.</param>
    /// <exception cref="InvalidRequestException">A value that is not allowed. Nothing was changed.</exception>
    Task SaveAsync(IReadOnlyDictionary<string, string> values, string changedBy, CancellationToken cancellationToken);
}

/// <summary>For a cluster whose settings come from its environment alone.</summary>
internal sealed class FixedSettings : ISettingsForm
{
    public Task SaveAsync(IReadOnlyDictionary<string, string> values, string changedBy, CancellationToken cancellationToken) => values.Count == 0
        ? Task.CompletedTask
        : throw new InvalidRequestException(
            $"These settings are those of the environment: {string.Join(", ", values.Keys.Order())}.", code: "settings_fixed", status: StatusCodes.Status409Conflict);
}
