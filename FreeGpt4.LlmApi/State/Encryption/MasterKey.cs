using System.Security.Cryptography;
using System.Text;
using FreeGpt4.ServiceDefaults.Files;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace FreeGpt4.LlmApi.State.Encryption;

/// <summary>What all secrets in the database are encrypted with: 32 bytes that are not in the database. Says nothing when it is written out.</summary>
internal sealed class MasterKey
{
    private const string Setting = "MASTER_KEY";
    private const int Bytes = 32;
    private const int ShortestPhrase = 32;

    private MasterKey(byte[] value) => Value = value;

    public byte[] Value { get; }

    /// <summary>
    /// <c>MASTER_KEY</c>, which several hosts can share: 32 bytes in base64, or any text of at least 32 characters. Without it the file
    /// <c>master.key</c> in <c>DATA_DIR</c>, which is made at the first start and which only its owner can read.
    /// </summary>
    /// <exception cref="OptionsValidationException">The file has no key in it, or cannot be read or made.</exception>
    public static MasterKey Open(SettingsReader settings, StateOptions options)
    {
        if (settings.Text(Setting) is { } given)
        {
            return FromText(given);
        }

        var file = FileOf(options);
        try
        {
            PrivateFolder.Create(options.Folder);
            if (!File.Exists(file))
            {
                PrivateFolder.TryWriteNew(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)));
            }

            return TryBase64(File.ReadAllText(file).Trim()) is { } bytes
                ? new(bytes)
                : throw Unusable(
                    $"{file} has no key in it: 32 bytes in base64 are expected. Put the file back from a backup; without it the secrets in the database are lost.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"DATA_DIR is \"{options.Folder}\", where master.key cannot be read or made: {e.Message}");
        }
    }

    /// <summary>Refuses a key that is easily guessed, before anything is encrypted with it.</summary>
    public static void Check(SettingsReader settings)
    {
        if (settings.Text(Setting) is { Length: < ShortestPhrase } given && TryBase64(given) is null)
        {
            settings.Refuse($"{Setting} has {given.Length} characters; allowed are 32 bytes in base64 (openssl rand -base64 32), or at least {ShortestPhrase} characters.");
        }
    }

    /// <summary>Where the key is, for messages.</summary>
    public static string Whereabouts(StateOptions options) => File.Exists(FileOf(options)) ? FileOf(options) : Setting;

    public override string ToString() => "(master key)";

    private static string FileOf(StateOptions options) => Path.Combine(options.Folder, "master.key");

    private static MasterKey FromText(string text) => new(TryBase64(text) ?? SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static OptionsValidationException Unusable(string line) => new(Setting, typeof(MasterKey), [line]);

    private static byte[]? TryBase64(string text)
    {
        var bytes = new byte[Bytes + 1];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == Bytes ? bytes[..Bytes] : null;
    }
}
