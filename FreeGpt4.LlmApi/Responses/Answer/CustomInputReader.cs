using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>
/// Finds the free text for a custom tool in the arguments of the function that stands for it, while they arrive; see
/// <see cref="CustomInput"/>. Arguments in another form are taken for the text itself: the tool knows better than we what to
/// make of them.
/// </summary>
internal sealed partial class CustomInputReader
{
    // Enough for every way to write what comes before the text.
    private const int LongestBeginning = 64;
    private const int LengthOfUnicodeEscape = 6;

    private readonly StringBuilder _unread = new();
    private EscapedText _torn = new();
    private bool _isInText;
    private bool _isOver;

    /// <summary>The text so far.</summary>
    public EscapedText Text { get; } = new();

    /// <param name="arguments">The next piece of the arguments: a JSON string, quotes included.</param>
    /// <returns>What it adds to the text: a JSON string, quotes included.</returns>
    public EscapedText Read(ReadOnlySpan<byte> arguments)
    {
        _torn.Append(arguments[1..^1]);
        if (!_torn.TryRead(out var piece))
        {
            // Half a surrogate pair, whose other half comes with the next piece.
            return new();
        }

        _torn = new();
        _unread.Append(piece);
        if (!_isInText && _unread.Length <= LongestBeginning + piece.Length && Beginning().Match($"{_unread}") is { Success: true } found)
        {
            _unread.Remove(0, found.Length);
            _isInText = true;
        }

        return Add(_isInText && !_isOver ? TakeText() : "");
    }

    /// <returns>The rest of the text, now that no more arguments come.</returns>
    public EscapedText End()
    {
        _unread.Append($"{_torn}");
        return Add(_isInText ? TakeText() : Encoding.UTF8.GetString(CustomInput.Unwrap($"{_unread}"))[1..^1]);
    }

    private EscapedText Add(string escaped)
    {
        var piece = new EscapedText();
        piece.Append(Encoding.UTF8.GetBytes(escaped));
        Text.Append(piece.Json[1..^1]);
        return piece;
    }

    /// <summary>As much as is there whole, up to the quote that ends the text.</summary>
    private string TakeText()
    {
        var text = new StringBuilder();
        var position = 0;
        while (position < _unread.Length && !_isOver)
        {
            var length = LengthAt(position);
            if (position + length > _unread.Length)
            {
                break;
            }

            _isOver = _unread[position] is '"';
            if (!_isOver)
            {
                text.Append(Valid(_unread.ToString(position, length)));
            }

            position += length;
        }

        _unread.Remove(0, position);
        return text.ToString();
    }

    // What must not be torn: an escape, and the escapes of the two halves of a surrogate pair.
    private int LengthAt(int position)
    {
        if (_unread[position] is not '\\')
        {
            return 1;
        }

        if (position + 1 == _unread.Length || _unread[position + 1] is not 'u')
        {
            return 2;
        }

        var isFirstHalf = position + 4 <= _unread.Length && FirstHalf().IsMatch(_unread.ToString(position, 4));
        return isFirstHalf ? 2 * LengthOfUnicodeEscape : LengthOfUnicodeEscape;
    }

    // Models forget to escape line ends, and escape what needs it not.
    private static string Valid(string token) =>
        Escape().IsMatch(token) || (token.Length == 1 && token[0] >= ' ') ? token : JsonEncodedText.Encode(token).ToString();

    [GeneratedRegex("""^\s*\{\s*"input"\s*:\s*""" + "\"")]
    private static partial Regex Beginning();

    [GeneratedRegex("""^\\u[Dd][89ABab]""")]
    private static partial Regex FirstHalf();

    [GeneratedRegex("""^\\(["\\/bfnrt]|u(?![Dd][89A-Fa-f])[0-9A-Fa-f]{4}|u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2})$""")]
    private static partial Regex Escape();
}
