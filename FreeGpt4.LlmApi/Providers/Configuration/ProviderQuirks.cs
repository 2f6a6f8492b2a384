using System.Text.RegularExpressions;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>Where an upstream departs from the OpenAI format, so that requests can be made to suit it.</summary>
internal sealed record ProviderQuirks
{
    public static ProviderQuirks None { get; } = new();

    /// <summary>Members of a request that it refuses; they are left out.</summary>
    public IReadOnlyList<string> StripFields { get; init; } = [];

    /// <summary>Takes a message's content as a string only: text parts are joined.</summary>
    public bool ContentAsString { get; init; }

    /// <summary>Refuses <c>"content":null</c>, which stands beside tool calls: an empty string goes there.</summary>
    public bool NullContentAsEmpty { get; init; }

    /// <summary>The smallest <c>max_tokens</c> that it takes.</summary>
    public int? MinMaxTokens { get; init; }

    /// <summary>Takes <c>stop</c> as an array only.</summary>
    public bool StopAsArray { get; init; }

    /// <summary>Cannot call tools: requests with tools go to others.</summary>
    public bool NoTools { get; init; }

    /// <summary>Its names for models begin with this, which its callers leave out.</summary>
    public string? ModelPrefix { get; init; }

    /// <summary>Further headers of a request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>An "answer" in which one of these is found is a notice of the operator and none.</summary>
    public IReadOnlyList<Regex> NoticePatterns { get; init; } = [];

    public bool ChangeRequests => StripFields.Count > 0 || ContentAsString || NullContentAsEmpty || MinMaxTokens is not null || StopAsArray;
}
