namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>
/// Removes the file with a user's first password when it is the password no longer, wherever it was changed: with PostgreSQL at a replica
/// that has another folder.
/// </summary>
internal sealed partial class ForgottenFiles(UserDirectory users, PasswordFiles files, Passwords passwords, ILogger<ForgottenFiles> logger)
    : BackgroundService
{
    private readonly SemaphoreSlim _changed = new(1);

    public override void Dispose()
    {
        base.Dispose();
        _changed.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var looked = new Dictionary<string, string?>();
        users.Read += Wake;
        try
        {
            while (true)
            {
                await _changed.WaitAsync(stoppingToken);
                await LookAsync(looked, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The replica stops.
        }
        finally
        {
            users.Read -= Wake;
        }
    }

    private async Task LookAsync(Dictionary<string, string?> looked, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (key, password) in files.Read().ToList())
            {
                var hash = users.FindByKey(key)?.Stored.PasswordHash;
                if (hash is null || (looked.TryGetValue(key, out var known) && known == hash))
                {
                    continue;
                }

                if (await passwords.IsRightAsync(hash, password, cancellationToken))
                {
                    looked[key] = hash;
                }
                else
                {
                    files.Delete(key, password);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotLooked(logger, e.Message);
        }
    }

    private void Wake()
    {
        if (_changed.CurrentCount == 0)
        {
            _changed.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A file with a password that is none any more could not be removed: {Reason}")]
        public static partial void NotLooked(ILogger logger, string reason);
    }
}
