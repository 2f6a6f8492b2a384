using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace FreeGpt4.LlmApi.Tokens;

/// <summary>
/// Counts the tokens of texts as o200k_base has them: exact for some of OpenAI's models, a fair guess for all others.
/// The vocabulary costs tens of megabytes and is loaded when something is first counted, and only then.
/// </summary>
/// <remarks>
/// Whoever may send text may send any, so the work has bounds. A run without white space longer than <see cref="LongestRun"/> is cut:
/// merging the pairs of one run takes time in the square of its length, and no word is that long. After
/// <see cref="Exact"/> bytes the rest is taken to be like what was counted.
/// </remarks>
/// <param name="isGuess">Go by lengths: for figures that nobody waits for, and that the vocabulary is not worth loading for.</param>
internal sealed class TokenTally(bool isGuess = false)
{
    private const int Exact = 1 << 20;
    private const int LongestRun = 256;
    private const int LongestPiece = 4096;
    private const int BytesOfToken = 4;

    private long _counted;
    private long _countedBytes;
    private long _uncountedBytes;
    private long _fixed;

    /// <summary>In English a token has about four letters.</summary>
    public static long Guess(long bytes) => (bytes + BytesOfToken - 1) / BytesOfToken;

    public long Total => isGuess
        ? _fixed + Guess(_uncountedBytes)
        : _fixed + _counted + (_countedBytes > 0 ? (long)((double)_counted / _countedBytes * _uncountedBytes) : 0);

    /// <summary>For what is not text, or not the sender's.</summary>
    public void Add(int tokens) => _fixed += tokens;

    /// <param name="inner">A JSON string without its quotes; its escapes count as what they stand for.</param>
    public void AddString(ReadOnlySpan<byte> inner)
    {
        if (isGuess)
        {
            _uncountedBytes += inner.Length;
            return;
        }

        var take = Take(inner);
        var chars = ArrayPool<char>.Shared.Rent(take.Length);
        Count(chars.AsSpan(0, Unescape(take, chars)));
        ArrayPool<char>.Shared.Return(chars);
    }

    /// <param name="utf8">Counts as it stands.</param>
    public void AddText(ReadOnlySpan<byte> utf8)
    {
        if (isGuess)
        {
            _uncountedBytes += utf8.Length;
            return;
        }

        var take = Take(utf8);
        var chars = ArrayPool<char>.Shared.Rent(take.Length);
        Count(chars.AsSpan(0, Encoding.UTF8.GetChars(take, chars)));
        ArrayPool<char>.Shared.Return(chars);
    }

    /// <summary>The part of a text that is still to be counted exactly.</summary>
    private ReadOnlySpan<byte> Take(ReadOnlySpan<byte> text)
    {
        var left = (int)Math.Max(0, Exact - _countedBytes);
        var take = text;
        if (text.Length > left)
        {
            // A space is part of no escape and of no other character.
            var space = text[..left].LastIndexOf((byte)' ');
            take = text[..(space > 0 ? space : left)];
        }

        _countedBytes += take.Length;
        _uncountedBytes += text.Length - take.Length;
        return take;
    }

    private static int Unescape(ReadOnlySpan<byte> inner, Span<char> chars)
    {
        if (!inner.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetChars(inner, chars);
        }

        try
        {
            var reader = new Utf8JsonReader([(byte)'"', .. inner, (byte)'"']);
            reader.Read();
            return reader.CopyString(chars);
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            // Half a character ("\ud800"), which no text can hold, or half an escape, where we cut: then the escapes stay.
            return Encoding.UTF8.GetChars(inner, chars);
        }
    }

    private void Count(ReadOnlySpan<char> text)
    {
        var start = 0;
        var run = 0;
        for (var i = 1; i < text.Length; i++)
        {
            var isBoundary = char.IsWhiteSpace(text[i]) && !char.IsWhiteSpace(text[i - 1]);
            run = isBoundary ? 0 : run + 1;
            if (isBoundary ? i - start >= LongestPiece : run >= LongestRun && !char.IsLowSurrogate(text[i]))
            {
                _counted += Vocabulary.Count(text[start..i]);
                (start, run) = (i, 0);
            }
        }

        _counted += Vocabulary.Count(text[start..]);
    }

    private static class Vocabulary
    {
        private static readonly TiktokenTokenizer O200kBase = TiktokenTokenizer.CreateForEncoding("o200k_base");

        // Not inlined: where the caller is compiled, the library would be loaded.
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static int Count(ReadOnlySpan<char> text) => O200kBase.CountTokens(text);
    }
}
