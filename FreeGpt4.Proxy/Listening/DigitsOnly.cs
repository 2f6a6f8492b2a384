using System.Text;

namespace FreeGpt4.Proxy.Listening;

/// <summary>
/// Reads a Content-Length. Kestrel takes a sign and spaces in it, which others on the way of a request may not, and then they disagree
/// about where the next one begins. https://www.rfc-editor.org/rfc/rfc9112#section-6.3
/// </summary>
internal sealed class DigitsOnly : Encoding
{
    // Makes no number of any text.
    private const char NoDigit = '?';

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        for (var i = 0; i < byteCount; i++)
        {
            var read = (char)bytes[byteIndex + i];
            chars[charIndex + i] = char.IsAsciiDigit(read) ? read : NoDigit;
        }

        return byteCount;
    }

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
        => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);
}
