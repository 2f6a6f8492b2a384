using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.Backchannel;

/// <summary>Takes the secrets that resources were given out of text that they wrote themselves.</summary>
internal sealed class SecretMask
{
    // A shorter one, such as a number, would be found in everything.
    private const int ShortestSecret = 8;

    private readonly string[] _secrets;

    private SecretMask(IEnumerable<string?> secrets)
        => _secrets = [.. secrets.OfType<string>().Where(secret => secret.Length >= ShortestSecret).Distinct().OrderByDescending(secret => secret.Length)];

    /// <summary>Of the secrets that are known now.</summary>
    public static SecretMask Of(ResourceNotificationService notifications) => new(notifications.Current().SelectMany(instance =>
        instance.Snapshot.EnvironmentVariables.Where(variable => variable.IsSensitive).Select(variable => variable.Value)
            .Concat(instance.Snapshot.Properties.Where(property => property.IsSensitive).Select(property => property.Value as string))));

    public string? Apply(string? text) => text is null ? null : _secrets.Aggregate(text, (masked, secret) => masked.Replace(secret, SecretValues.Mask, StringComparison.Ordinal));
}
