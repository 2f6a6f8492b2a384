using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>A provider that needs a setting before it can be asked.</summary>
internal sealed record UnusedProvider(string Name, MissingSetting Missing)
{
    /// <summary>"set CUSTOM_BASE_URL to …"</summary>
    public string WhatToDo => Missing.WhatToDo;

    /// <summary>What it could be asked for.</summary>
    public IReadOnlyList<Operation> Operations { get; init; } = Operation.All;
}

/// <param name="To">What it is to be set to, where the name does not say so.</param>
internal sealed record MissingSetting(string Name, string? To = null)
{
    public string WhatToDo => To is null ? $"set {Name}" : $"set {Name} to {To}";
}
