using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;

namespace FreeGpt4.ServiceDefaults.LogFiles;

/// <summary>Each entry as a JSON object on a line of its own: what it says, and the values in it under their names.</summary>
internal sealed class JsonLines : ITextFormatter
{
    private const string Category = "SourceContext";

    private readonly MessageTemplateTextFormatter _message = new("{Message:lj}", CultureInfo.InvariantCulture);
    private readonly JsonValueFormatter _values = new(typeTagName: null);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write("{\"time\":\"");
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        output.Write("\",\"level\":\"");
        output.Write(logEvent.Level);
        output.Write('"');
        if (logEvent.Properties.GetValueOrDefault(Category) is ScalarValue { Value: string category })
        {
            Write("category", category, output);
        }

        using (var message = new StringWriter(CultureInfo.InvariantCulture))
        {
            _message.Format(logEvent, message);
            Write("message", message.ToString(), output);
        }

        foreach (var (name, value) in logEvent.Properties)
        {
            if (name != Category)
            {
                output.Write(',');
                JsonValueFormatter.WriteQuotedJsonString(name, output);
                output.Write(':');
                _values.Format(value, output);
            }
        }

        if (logEvent.Exception is { } exception)
        {
            Write("exception", exception.ToString(), output);
        }

        output.Write("}\n");
    }

    private static void Write(string name, string value, TextWriter output)
    {
        output.Write($",\"{name}\":");
        JsonValueFormatter.WriteQuotedJsonString(value, output);
    }
}
