using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FreeGpt4.LlmApi.State.Encryption;

/// <summary>
/// By a note in the database, encrypted with the master key, another master key is known at once: before half of the secrets are read with
/// the one, or anything is encrypted with the other.
/// </summary>
internal sealed class MasterKeyNote(StateStore store, StateOptions options, SecretBox box)
{
    private const string Name = "master key";
    private const string Text = "freegpt4";

    /// <exception cref="OptionsValidationException">The secrets in the database were encrypted with another key.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (await ReadAsync(cancellationToken) is not { } note)
        {
            note = await WriteAsync(cancellationToken);
        }

        if (!IsReadable(note))
        {
            throw new OptionsValidationException(
                Name,
                typeof(MasterKey),
                [$"MASTER_KEY, or without it master.key in \"{options.Folder}\", is not the key that the secrets in {options.Place} were encrypted with; "
                    + "start with that one, which the other replicas have."]);
        }
    }

    /// <summary>Whether the secrets of another database were encrypted with our key, as far as it says so.</summary>
    public async Task<bool> IsOursAsync(StateContext other, CancellationToken cancellationToken) =>
        await other.Notes.Where(note => note.Name == Name).Select(note => note.Value).FirstOrDefaultAsync(cancellationToken) is not { } note || IsReadable(note);

    private bool IsReadable(string note)
    {
        try
        {
            return box.Decrypt(note, Name) == Text;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private Task<string?> ReadAsync(CancellationToken cancellationToken) => store.ReadAsync(
        context => context.Notes.Where(note => note.Name == Name).Select(note => note.Value).FirstOrDefaultAsync(cancellationToken), cancellationToken);

    // The first replica's, when two start at once.
    private Task<string> WriteAsync(CancellationToken cancellationToken) => store.WriteAsync(
        topic: null,
        async context =>
        {
            if (await context.Notes.FindAsync([Name], cancellationToken) is { } first)
            {
                return first.Value;
            }

            var note = new Note { Name = Name, Value = box.Encrypt(Text, Name) };
            context.Add(note);
            return note.Value;
        },
        cancellationToken);
}
