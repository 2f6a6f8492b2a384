namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>Which choices of a stream have begun and which have ended; with <c>n</c> above 1 each ends by itself.</summary>
internal sealed class StreamProgress
{
    private readonly Dictionary<int, Choice> _choices = new(1);
    private int _finished;

    /// <summary>The answer is whole: every choice that began has said why it ended, and as many as were asked for have begun.</summary>
    public bool IsFinished(long choices) => _choices.Count >= choices && _finished == _choices.Count;

    /// <summary>The choices without a finish reason, in order, and whether they called a tool.</summary>
    public IEnumerable<(int Index, bool CalledTool)> Unfinished =>
        from choice in _choices
        where !choice.Value.IsFinished
        orderby choice.Key
        select (choice.Key, choice.Value.CalledTool);

    /// <returns>Whether this is the first that was heard of the choice.</returns>
    public bool Note(ChoiceJson choice)
    {
        var isKnown = _choices.TryGetValue(choice.Index, out var before);
        var finishes = choice.Finish is not FinishReason.None;
        if (finishes && !before.IsFinished)
        {
            _finished++;
        }

        _choices[choice.Index] = new(before.IsFinished || finishes, before.CalledTool || choice.HasToolCalls);
        return !isKnown;
    }

    private readonly record struct Choice(bool IsFinished, bool CalledTool);
}
