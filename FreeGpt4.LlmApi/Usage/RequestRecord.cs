using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;
using FreeGpt4.LlmApi.Users;
using Microsoft.AspNetCore.Diagnostics;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// What a request has come to so far; a feature of its <see cref="HttpContext"/>. Nothing of what was asked or answered is kept: only
/// how much it was.
/// </summary>
internal sealed class RequestRecord(DateTimeOffset at, long timestamp)
{
    private readonly SaidLength _said = new();
    private ModelRequest? _request;
    private Exception? _failure;
    private bool _isWhole;

    public DateTimeOffset At { get; } = at;

    /// <summary>The template of a route that answers; <c>null</c> for all others.</summary>
    public string? Route { get; private set; }

    public Caller Caller { get; private set; } = Caller.Anonymous;

    /// <summary>Who answered; empty as long as nobody has.</summary>
    public string Provider { get; private set; } = "";

    /// <summary>The answering provider's name for it; before that, the caller's.</summary>
    public string Model { get; private set; } = "";

    /// <summary>How many providers were asked in vain.</summary>
    public int Fallbacks { get; private set; }

    /// <summary>The upstream's figures, else estimates.</summary>
    public TokenUsage? Tokens { get; private set; }

    /// <summary>To the first content of a stream.</summary>
    public TimeSpan? FirstContent { get; private set; }

    public TimeSpan Duration { get; private set; }

    public int Status { get; private set; }

    public Outcome Outcome { get; private set; }

    /// <summary>Whether anybody was to be asked, or the request was refused before: not so for a page of help.</summary>
    public bool IsOfUse { get; private set; }

    public static RequestRecord? Of(HttpContext? context) => context?.Features.Get<RequestRecord>();

    public void Begin(string route, Caller caller) => (Route, Caller) = (route, caller);

    public void Ask(ModelRequest request) => (_request, Model) = (request, request.Model);

    public void AskedInVain(int providers) => Fallbacks = providers;

    /// <summary>All of an answer has come.</summary>
    public void Take(ProviderRoute route, AnswerJson answer, TokenUsage? told)
    {
        Take(route);
        Note(answer, told);
        _isWhole = true;
    }

    /// <summary>The first content of a stream has come.</summary>
    public void Open(ProviderRoute route, TimeProvider time)
    {
        Take(route);
        FirstContent = time.GetElapsedTime(timestamp);
    }

    /// <summary>The next chunk of a stream has come.</summary>
    public void Note(AnswerJson answer, TokenUsage? told)
    {
        // Servers that tell usage with every chunk tell what it has come to.
        Tokens = told ?? Tokens;
        _said.Add(answer);
    }

    /// <summary>A stream has come to its proper end.</summary>
    public void End() => _isWhole = true;

    /// <summary>Figures that somebody has counted because the caller wants to see them.</summary>
    public void Counted(TokenUsage tokens) => Tokens ??= tokens;

    /// <summary>For failures that the caller was told of in a stream.</summary>
    public void Fail(Exception failure) => _failure = failure;

    /// <summary>The reply is written, or never will be.</summary>
    public void Close(HttpContext context, TimeProvider time)
    {
        Duration = time.GetElapsedTime(timestamp);
        Status = context.Response.StatusCode;
        _failure ??= context.Features.Get<IExceptionHandlerFeature>()?.Error;
        Outcome = OutcomeOf(context);
        IsOfUse = Route is not null && (_request is not null || Outcome is not Outcome.Answered);
        if (Provider.Length > 0 && Tokens is null && _request is { } request)
        {
            Tokens = new(PromptTokens.Guess(request), request.Operation == Operation.Embeddings ? 0 : _said.Tokens, IsEstimate: true);
        }

        _request = null;
    }

    public UsageRecord ToUsage(string replica) => new()
    {
        At = At,
        UserId = Caller.Id,
        Route = Route ?? "",
        Provider = Provider,
        Model = Model,
        Fallbacks = Fallbacks,
        Status = Status,
        Outcome = Outcome,
        PromptTokens = Tokens?.Prompt ?? 0,
        CompletionTokens = Tokens?.Completion ?? 0,
        IsEstimate = Tokens?.IsEstimate ?? false,
        FirstTokenMs = (int?)FirstContent?.TotalMilliseconds,
        DurationMs = (int)Duration.TotalMilliseconds,
        Replica = replica,
    };

    private void Take(ProviderRoute route) => (Provider, Model, Fallbacks) = (route.Provider, route.Model, route.Fallbacks);

    private Outcome OutcomeOf(HttpContext context)
    {
        var hasLeft = context.RequestAborted.IsCancellationRequested;
        if (Status == StatusCodes.Status499ClientClosedRequest || (hasLeft && (_failure is OperationCanceledException or IOException)))
        {
            return Outcome.Cancelled;
        }

        if (_failure is not null)
        {
            // A limit of all providers is no fault of the request, though it has the status of one.
            return FirstContent is not null ? Outcome.BrokenOff
                : _failure is not NobodyAnsweredException && OpenAIFailure.From(_failure) is { Status: < 500 } ? Outcome.Refused
                : Outcome.Failed;
        }

        return _isWhole || _request is null && Status < 400 ? Outcome.Answered
            : hasLeft ? Outcome.Cancelled
            : Status is >= 400 and < 500 ? Outcome.Refused
            : Outcome.Failed;
    }
}
