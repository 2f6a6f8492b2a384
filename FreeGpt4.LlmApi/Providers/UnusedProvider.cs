using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>A provider that needs a setting before it can be asked.</summary>
/// <param name="WhatToDo">"set CUSTOM_BASE_URL to …"</param>
internal sealed record UnusedProvider(string Name, string WhatToDo)
{
    /// <summary>What it could be asked for.</summary>
    public IReadOnlyList<Operation> Operations { get; init; } = Operation.All;
}
