using System.Buffers.Binary;
using System.Security.Cryptography;
using FreeGpt4.LlmApi.OpenAI;
using Microsoft.AspNetCore.Cryptography.KeyDerivation;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>Hashes passwords as ASP.NET Core Identity does: PBKDF2 with HMAC-SHA512. That takes long on purpose, so few are at it at once.</summary>
internal sealed class Passwords : IDisposable
{
    public const int Shortest = 8;
    public const int Longest = 256;

    // https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2
    private const int Iterations = 210_000;

    // The last of them waits for a few seconds.
    private const int MostAttempts = 16;

    private static readonly string Nobodys = MakeNobodys();

    private readonly PasswordHasher<User> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    // Who guesses passwords takes no more of the processors than that from those who ask questions.
    private readonly SemaphoreSlim _turn = new(Math.Max(1, Environment.ProcessorCount / 2));

    private int _attempts;

    /// <exception cref="InvalidRequestException">Too short, too long, or the name.</exception>
    public static void Check(string password, string name, string param)
    {
        if (password.Length is < Shortest or > Longest || password.Equals(name, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidRequestException($"A password has {Shortest} to {Longest} characters, and is not the user's name.", param);
        }
    }

    public static string Random() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));

    public string Hash(string password) => _hasher.HashPassword(null!, password);

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) => InTurnAsync(() => Hash(password), cancellationToken);

    /// <param name="hash"><c>null</c> when there is no such user, or none with a password: that takes as long as a wrong password.</param>
    public Task<bool> IsRightAsync(string? hash, string password, CancellationToken cancellationToken) => InTurnAsync(
        () => _hasher.VerifyHashedPassword(null!, hash ?? Nobodys, password) is not PasswordVerificationResult.Failed, cancellationToken);

    /// <summary>A place among those who try to log in.</summary>
    /// <exception cref="TooManyLoginsException">There is none.</exception>
    public IDisposable Enter()
    {
        var place = new Place(this);
        if (Interlocked.Increment(ref _attempts) <= MostAttempts)
        {
            return place;
        }

        place.Dispose();
        throw TooManyLoginsException.OfAll();
    }

    public void Dispose() => _turn.Dispose();

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private sealed class Place(Passwords passwords) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref passwords._attempts);
    }

    // In Identity's third format, with a result at random that no password has.
    private static string MakeNobodys()
    {
        const int Salt = 16;
        const int Result = 32;
        var hash = new byte[1 + 3 * sizeof(uint) + Salt + Result];
        RandomNumberGenerator.Fill(hash);
        hash[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(1), (uint)KeyDerivationPrf.HMACSHA512);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(5), Iterations);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(9), Salt);
        return Convert.ToBase64String(hash);
    }
}
