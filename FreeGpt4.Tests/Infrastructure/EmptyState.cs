using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A database as a first start makes it, with an admin whose password is known. It is made once: every test with an API of its own would wait for it.</summary>
internal static class EmptyState
{
    public const string Admin = "admin";

    /// <summary>Nobody may find it in a log.</summary>
    public const string AdminPassword = "admin-password-nobody-may-see";

    // A hash says how often it was made; with as many turns as the product takes, logins were a fifth of what the tests do.
    private static readonly PasswordHasher<User> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = 100 }));

    private static readonly Lazy<byte[]> Database = new(Make);

    /// <returns>The folder, for <c>DATA_DIR</c>.</returns>
    public static string CopyTo(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "freegpt4.db"), Database.Value);
        return folder;
    }

    private static byte[] Make()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "freegpt4.db");
        var options = new DbContextOptionsBuilder<SqliteStateContext>().UseSqlite($"Data Source={file};Pooling=False").Options;
        using (var context = new SqliteStateContext(options))
        {
            context.Database.Migrate();
            context.Users.Add(new()
            {
                Name = Admin,
                Key = Admin,
                Role = Role.Admin,
                PasswordHash = Hasher.HashPassword(null!, AdminPassword),
                CreatedAt = DateTimeOffset.UtcNow,
            });
            context.SaveChanges();
            context.Database.ExecuteSql($"PRAGMA journal_mode = WAL");
        }

        return File.ReadAllBytes(file);
    }
}
