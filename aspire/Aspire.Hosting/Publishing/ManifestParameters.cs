using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>How the manifest says what is asked of whoever deploys.</summary>
internal static class ManifestParameters
{
    public static void Write(Utf8JsonWriter json, ParameterResource parameter)
    {
        json.WriteString("type", "parameter.v0");
        json.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        json.WriteStartObject("inputs");
        json.WriteStartObject("value");
        json.WriteString("type", "string");
        if (parameter.Secret)
        {
            json.WriteBoolean("secret", true);
        }

        if (parameter.Default is { } value)
        {
            json.WriteStartObject("default");
            WriteDefault(json, value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    // Only what differs from a generated value's own defaults is said.
    private static void WriteDefault(Utf8JsonWriter json, ParameterDefault value)
    {
        switch (value)
        {
            case ConstantParameterDefault constant:
                json.WriteString("value", constant.GetDefaultValue());
                break;
            case GenerateParameterDefault generated:
                json.WriteStartObject("generate");
                json.WriteNumber("minLength", generated.MinLength);
                foreach (var (name, allowed) in new[]
                    { ("lower", generated.Lower), ("upper", generated.Upper), ("numeric", generated.Numeric), ("special", generated.Special) })
                {
                    if (!allowed)
                    {
                        json.WriteBoolean(name, false);
                    }
                }

                foreach (var (name, least) in new[]
                    { ("minLower", generated.MinLower), ("minUpper", generated.MinUpper), ("minNumeric", generated.MinNumeric), ("minSpecial", generated.MinSpecial) })
                {
                    if (least > 0)
                    {
                        json.WriteNumber(name, least);
                    }
                }

                json.WriteEndObject();
                break;
            default:
                throw new NotSupportedException($"ParameterDefault of type {value.GetType().Name} is not supported by the local Aspire.Hosting.");
        }
    }
}
