using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A random value, such as a password, of letters, digits and punctuation marks.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    private const string LowerLetters = "abcdefghijklmnopqrstuvwxyz";
    private const string UpperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";

    // None of them is special to a shell between quotes, in a URL's user information once escaped, or in a connection string.
    private const string Marks = "-_.{}~()*+!";

    /// <summary>The length, unless the minima below come to more.</summary>
    public int MinLength { get; set; }

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    public override string GetDefaultValue()
    {
        (string Characters, int Minimum)[] kinds =
        [
            .. Lower ? [(LowerLetters, MinLower)] : Array.Empty<(string, int)>(),
            .. Upper ? [(UpperLetters, MinUpper)] : Array.Empty<(string, int)>(),
            .. Numeric ? [(Digits, MinNumeric)] : Array.Empty<(string, int)>(),
            .. Special ? [(Marks, MinSpecial)] : Array.Empty<(string, int)>(),
        ];
        if (kinds.Length == 0)
        {
            throw new InvalidOperationException("A value cannot be generated without any kind of characters: set Lower, Upper, Numeric or Special.");
        }

        char[] needed = [.. kinds.SelectMany(kind => RandomNumberGenerator.GetItems<char>(kind.Characters, kind.Minimum))];
        var all = string.Concat(kinds.Select(kind => kind.Characters));
        char[] value = [.. needed, .. RandomNumberGenerator.GetItems<char>(all, Math.Max(0, MinLength - needed.Length))];
        RandomNumberGenerator.Shuffle<char>(value);
        return new(value);
    }
}
