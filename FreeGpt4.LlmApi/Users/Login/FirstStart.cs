using FreeGpt4.LlmApi.State;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>
/// Makes, when there is no admin yet, one with <c>ADMIN_PASSWORD</c>, or with a password at random in a file. One replica does, and makes the
/// first key that sessions are encrypted with: two that start together would have one each and not know the other's.
/// </summary>
internal sealed partial class FirstStart(
    FirstPassword first, StateStore store, ClusterTurn turn, UserDirectory users, Passwords passwords, PasswordFiles files,
    IDataProtectionProvider protection, TimeProvider time, ILogger<FirstStart> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using (await turn.TakeAsync(cancellationToken))
                {
                    protection.CreateProtector(nameof(FirstStart)).Protect([]);
                    await MakeAdminAsync(cancellationToken);
                }

                await users.ReadAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (DatabaseFailure.IsOfConnection(e))
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task MakeAdminAsync(CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(context => context.Users.AnyAsync(user => user.Role == Role.Admin, cancellationToken), cancellationToken))
        {
            return;
        }

        var password = first.Password ?? Passwords.Random();
        var hash = await passwords.HashAsync(password, cancellationToken);

        // The file first: without it nobody would know the password of an admin who is there.
        var file = first.Password is null ? files.Write(UserNames.Admin, password) : null;
        await store.WriteAsync(
            UserDirectory.Topic,
            async context =>
            {
                var admin = await context.Users.FirstOrDefaultAsync(user => user.Key == UserNames.Admin, cancellationToken);
                if (admin is null)
                {
                    admin = new() { Name = UserNames.Admin, Key = UserNames.Admin, CreatedAt = time.GetUtcNow() };
                    context.Users.Add(admin);
                }

                (admin.Role, admin.PasswordHash, admin.SecurityStamp, admin.IsDisabled) = (Role.Admin, hash, Guid.NewGuid(), false);
            },
            cancellationToken);
        if (file is null)
        {
            Log.MadeWithSetting(logger);
        }
        else
        {
            Log.MadeWithFile(logger, file);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The user admin was made, with the password of ADMIN_PASSWORD.")]
        public static partial void MadeWithSetting(ILogger logger);

        [LoggerMessage(2, LogLevel.Information, "The user admin was made; its password is in {File}. Change it after the first login.")]
        public static partial void MadeWithFile(ILogger logger, string file);
    }
}

/// <summary>What the first admin's password is to be. Says nothing when it is written out.</summary>
internal sealed class FirstPassword(string? password)
{
    private const string Setting = "ADMIN_PASSWORD";

    public string? Password => password;

    /// <summary><c>ADMIN_PASSWORD</c>, which counts at the first start only.</summary>
    public static FirstPassword Read(SettingsReader settings)
    {
        var given = settings.Text(Setting);
        if (given is { Length: < Passwords.Shortest or > Passwords.Longest })
        {
            settings.Refuse($"{Setting} has {given.Length} characters; allowed are {Passwords.Shortest} to {Passwords.Longest}.");
        }

        return new(given);
    }

    public override string ToString() => "(password)";
}
