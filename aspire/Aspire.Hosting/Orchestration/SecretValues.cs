using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Tells which values of a process must not be shown.</summary>
internal static partial class SecretValues
{
    /// <summary>What is shown in place of a secret, whatever its length.</summary>
    public const string Mask = "********";

    /// <summary>Whether a value is, or is made from, a secret parameter.</summary>
    public static bool IsSecret(object value) => value switch
    {
        ParameterResource parameter => parameter.Secret,
        IResourceBuilder<IResource> builder => IsSecret(builder.Resource),
        IValueWithReferences expression => expression.References.Any(IsSecret),
        _ => false,
    };

    /// <summary>Whether a variable looks like a secret although nobody said that it is one: by its name, or as a URL with a password in it.</summary>
    public static bool LooksSecret(string name, string value) => SecretName().IsMatch(name) || UrlWithPassword().IsMatch(value);

    // CUSTOM_API_KEY, DASHBOARD__FRONTEND__BROWSERTOKEN, OTEL_EXPORTER_OTLP_HEADERS (which carry a key), ConnectionStrings__freegpt4
    [GeneratedRegex(@"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD|CREDENTIAL|HEADER)S?(_|$)|^CONNECTIONSTRINGS?_", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex("://[^/@\\s]*:[^/@\\s]+@")]
    private static partial Regex UrlWithPassword();
}
