using System.Text;
using System.Text.Encodings.Web;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Takes a provider's secrets out of what it says to a caller: its keys and the headers that it is sent, as they are and as text that is
/// passed on usually looks, escaped for JSON or for an address, or in base64.
/// </summary>
internal sealed class Redaction
{
    // Shorter ones are no secrets and would be found anywhere.
    private const int Shortest = 6;

    private readonly IReadOnlyList<string> _forms;

    private Redaction(IEnumerable<string> secrets) =>
        _forms = [.. secrets.SelectMany(Forms).Where(form => form.Length >= Shortest).Distinct().OrderByDescending(form => form.Length)];

    public static Redaction Of(ProviderOptions options) => new(
        options.Keys.Append(options.FixedKey).OfType<ApiKey>().Select(key => key.Value).Concat(options.Quirks.Headers.Values));

    /// <returns>The error as it is, or what is left of its message when anything in it gives a secret away.</returns>
    public OpenAIError Apply(OpenAIError error)
    {
        var texts = new[] { error.Message, error.Type, error.Param, error.Code }
            .Concat(error.Further?.SelectMany(member => new[] { member.Key, member.Value.GetRawText() }) ?? []);
        return texts.Any(text => text is not null && _forms.Any(form => text.Contains(form, StringComparison.OrdinalIgnoreCase)))
            ? new(_forms.Aggregate(error.Message, (left, form) => left.Replace(form, "[key]", StringComparison.OrdinalIgnoreCase)), OpenAIError.InvalidRequest)
            : error;
    }

    // "Bearer sk-1" gives away "sk-1".
    private static IEnumerable<string> Forms(string secret) =>
        from form in new[] { secret, secret[(secret.LastIndexOf(' ') + 1)..] }
        from escaped in new[]
        {
            form,
            Uri.EscapeDataString(form),
            JavaScriptEncoder.Default.Encode(form),
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(form),
            Convert.ToBase64String(Encoding.UTF8.GetBytes(form)),
            Convert.ToBase64String(Encoding.UTF8.GetBytes(form)).TrimEnd('='),
        }
        select escaped;
}
