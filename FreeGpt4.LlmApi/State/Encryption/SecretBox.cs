using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FreeGpt4.LlmApi.State.Encryption;

/// <summary>
/// Encrypts what the database must not tell whoever has a copy of it: AES-256 in GCM, with a key that is not in the database and a nonce of
/// its own for each text. What a text is for is part of it: it cannot be moved to another place and read there.
/// </summary>
internal sealed class SecretBox(MasterKey master)
{
    // Says how to read what follows, and that it is encrypted at all.
    private const string Version = "v1:";

    private const int Nonce = 12;
    private const int Tag = 16;

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, master.Value, 32, info: "freegpt4 secrets"u8.ToArray());

    /// <param name="purpose">Where the text belongs, such as the name of a setting.</param>
    /// <returns><c>v1:</c> and, in base64url, nonce, tag and text.</returns>
    public string Encrypt(string text, string purpose)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var boxed = new byte[Nonce + Tag + plain.Length];
        RandomNumberGenerator.Fill(boxed.AsSpan(0, Nonce));
        using var aes = new AesGcm(_key, Tag);
        aes.Encrypt(boxed.AsSpan(0, Nonce), plain, boxed.AsSpan(Nonce + Tag), boxed.AsSpan(Nonce, Tag), Encoding.UTF8.GetBytes(purpose));
        return Version + Base64Url.EncodeToString(boxed);
    }

    /// <exception cref="CryptographicException">Not ours, not for that, changed, or made with another key.</exception>
    public string Decrypt(string boxed, string purpose)
    {
        if (!boxed.StartsWith(Version, StringComparison.Ordinal) || !Base64Url.IsValid(boxed.AsSpan(Version.Length)))
        {
            throw new CryptographicException("This is no encrypted text.");
        }

        var bytes = Base64Url.DecodeFromChars(boxed.AsSpan(Version.Length));
        if (bytes.Length < Nonce + Tag)
        {
            throw new CryptographicException("This is no whole encrypted text.");
        }

        var plain = new byte[bytes.Length - Nonce - Tag];
        using var aes = new AesGcm(_key, Tag);
        aes.Decrypt(bytes.AsSpan(0, Nonce), bytes.AsSpan(Nonce + Tag), bytes.AsSpan(Nonce, Tag), plain, Encoding.UTF8.GetBytes(purpose));
        return Encoding.UTF8.GetString(plain);
    }
}
