using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace FreeGpt4.LlmApi.State.Encryption;

/// <summary>Encrypts the keys of ASP.NET Core's Data Protection, which are in the database, as every other secret there.</summary>
internal sealed class DataProtectionEncryptor(SecretBox box) : IXmlEncryptor
{
    public const string Purpose = "data protection key";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement) => new(
        new XElement("encryptedKey", box.Encrypt(plaintextElement.ToString(SaveOptions.DisableFormatting), Purpose)), typeof(DataProtectionDecryptor));
}

/// <summary>Named in each key, and made by Data Protection itself.</summary>
internal sealed class DataProtectionDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(services.GetRequiredService<SecretBox>().Decrypt(encryptedElement.Value, DataProtectionEncryptor.Purpose));
}
