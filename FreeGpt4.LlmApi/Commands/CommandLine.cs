using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.State.Backups;
using FreeGpt4.LlmApi.State.Encryption;
using FreeGpt4.LlmApi.Users.Import;
using FreeGpt4.LlmApi.Users.Login;
using Microsoft.Extensions.Options;

namespace FreeGpt4.LlmApi.Commands;

/// <summary>What the program does instead of serving, with the settings of the cluster: DATA_DIR, ConnectionStrings__freegpt4, MASTER_KEY.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int Misused = 2;

    private const string Usage = """
        FreeGpt4.LlmApi                      serves
        FreeGpt4.LlmApi backup FILE          writes what is in the database to a file, while the cluster runs
        FreeGpt4.LlmApi restore FILE         puts a backup in the place of what is in the database, also while the cluster runs
        FreeGpt4.LlmApi import settings.db   takes settings, users and histories over from the older FreeGPT4
        FreeGpt4.LlmApi reset-password NAME  gives a user a new password, which is written to a file
        FreeGpt4.LlmApi healthcheck URL [N]  asks the replica of this container; after N silences in a row it is ended

        The first four use the database of DATA_DIR or ConnectionStrings__freegpt4, as the cluster does. docs/state.md has more.
        """;

    /// <summary>Whether the arguments are a command; others are configuration, such as <c>--urls=…</c>.</summary>
    public static bool IsCommand(string[] args) => args is [var first, ..] && (first is "--help" or "-h" || (first[0] is not ('-' or '/') && !first.Contains('=')));

    /// <returns>The exit code of the process: 0, 1 when it cannot be done, 2 when it is no command.</returns>
    public static async Task<int> RunAsync(WebApplicationBuilder builder, string[] args, CancellationToken cancellationToken)
    {
        if (args is ["--help" or "-h" or "help"])
        {
            await Console.Out.WriteLineAsync(Usage);
            return 0;
        }

        if (args is not ["backup" or "restore" or "import" or ResetPassword.Command, { Length: > 0 } operand])
        {
            await Console.Error.WriteLineAsync(Usage);
            return Misused;
        }

        // What the database said is in the line that the command ends with.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None);
        builder.Services.AddSingleton<Backup>().AddSingleton<Restore>();
        try
        {
            await using var app = builder.Build();
            app.Services.GetService<IStartupValidator>()?.Validate();
            return await RunAsync(app.Services, args[0], operand, cancellationToken);
        }
        catch (OptionsValidationException invalid)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, invalid.Failures));
        }
        catch (BackupException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
        {
            await Console.Error.WriteLineAsync($"The database does not answer: {e.GetBaseException().Message.ReplaceLineEndings(" ")}");
        }

        return Failed;
    }

    private static async Task<int> RunAsync(IServiceProvider services, string command, string operand, CancellationToken cancellationToken)
    {
        if (command is "backup")
        {
            await Console.Out.WriteLineAsync(await services.GetRequiredService<Backup>().WriteAsync(operand, cancellationToken));
            await Console.Out.WriteLineAsync(
                $"The master key, without which nobody can read the secrets in it, is not in it: keep {MasterKey.Whereabouts(services.GetRequiredService<StateOptions>())} elsewhere.");
            return 0;
        }

        // As at a start: the database may be empty, or of an older version.
        await services.GetServices<IHostedService>().OfType<StateStart>().Single().MigrateAsync(cancellationToken);
        if (command is "restore")
        {
            await Console.Out.WriteLineAsync(await services.GetRequiredService<Restore>().ReadAsync(operand, cancellationToken));
            return 0;
        }

        if (command is ResetPassword.Command)
        {
            return await ResetPassword.RunAsync(services, operand, cancellationToken);
        }

        var report = await services.GetRequiredService<OlderImport>().RunAsync(operand, name: null, cancellationToken);
        await report.WriteAsync(Console.Out);
        return 0;
    }
}
