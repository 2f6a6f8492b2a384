using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>None of the providers that are set up has the operation; the message says who has, and what to do.</summary>
internal sealed class OperationNotSupportedException(Operation operation, IEnumerable<UnusedProvider> unused)
    : Exception(string.Join(' ', unused
        .Select(provider => $"{provider.Name} may have them: {provider.WhatToDo}.")
        .Prepend($"No provider that is set up has {operation}.")));
