using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users.Login;

/// <summary><c>reset-password NAME</c>: a new password at random, for who has lost theirs and has the machine.</summary>
internal static class ResetPassword
{
    public const string Command = "reset-password";

    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(IServiceProvider services, string name, CancellationToken cancellationToken)
    {
        var password = Passwords.Random();
        var hash = await services.GetRequiredService<Passwords>().HashAsync(password, cancellationToken);
        var key = UserNames.KeyOf(name);
        var found = await services.GetRequiredService<UserDirectory>().ChangeAsync(
            async context =>
            {
                var user = await context.Users.FirstOrDefaultAsync(one => one.Key == key, cancellationToken);
                if (user is not null)
                {
                    (user.PasswordHash, user.SecurityStamp, user.IsDisabled) = (hash, Guid.NewGuid(), false);
                    await Logins.ForgetAsync(context, name, cancellationToken);
                }

                return user;
            },
            cancellationToken);
        if (found is null)
        {
            await Console.Error.WriteLineAsync($"There is no user '{name}'.");
            return 1;
        }

        var file = services.GetRequiredService<PasswordFiles>().Write(name, password);
        await Console.Out.WriteLineAsync($"{found.Name} has a new password; it is in {file}. Sessions have ended, tokens stay.");
        return 0;
    }
}
