using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting;

/// <summary>Values that a person gave, to be looked at before anything is done with them.</summary>
[Experimental("ASPIREINTERACTION001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public sealed class InputsDialogValidationContext
{
    private readonly List<(string Input, string Error)> _errors = [];

    public required InteractionInputCollection Inputs { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    public required IServiceProvider Services { get; init; }

    internal IReadOnlyList<(string Input, string Error)> Errors => _errors;

    public void AddValidationError(InteractionInput input, string errorMessage)
    {
        ArgumentNullException.ThrowIfNull(input);
        AddValidationError(input.Name, errorMessage);
    }

    /// <param name="errorMessage">What is wrong and what is right, without the name.</param>
    public void AddValidationError(string inputName, string errorMessage) => _errors.Add((inputName, errorMessage));
}
