using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// A PostgreSQL of the test's own, from the programs of Debian's package, which a test can stop, kill and start again. What it has
/// acknowledged survives the end of its process, not that of the machine. Without the programs the test is skipped.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>Nobody may find it in a log.</summary>
    public const string Password = "pg-password-nobody-may-see";

    private const string User = "freegpt4";

    // PostgreSQL does not run as root.
    private const string OtherUser = "postgres";
    private const string Nobody = "nobody";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _log = new();
    private readonly string _programs;
    private readonly int _port = FreePorts.Next();
    private Process? _process;

    private PostgresServer(string programs) => _programs = programs;

    /// <summary>A database with nothing in it. The password is in it, as in a user's setting.</summary>
    public string ConnectionString => ConnectionStringOf("postgres");

    /// <summary>What the server itself has logged.</summary>
    public string Log => string.Join('\n', _log);

    private string Data => Path.Combine(_folder.Path, "data");

    public static async Task<PostgresServer> StartAsync()
    {
        var programs = Find();
        Assert.SkipWhen(programs is null, "No PostgreSQL: neither /usr/lib/postgresql/*/bin/postgres nor postgres on the PATH (Debian's package postgresql).");

        var server = new PostgresServer(programs);
        try
        {
            await server.InitializeAsync();
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>One more empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> NewDatabaseAsync()
    {
        var name = $"test_{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return ConnectionStringOf(name);
    }

    /// <summary>Starts what was stopped or killed, on the same port and with the same data, and waits until it answers.</summary>
    public async Task StartAgainAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            // After a kill its children may still hold the data for a moment: then it ends at once.
            _process ??= Run(
                "postgres",
                ["-D", Data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB"]);
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=5");
                await connection.OpenAsync(TestContext.Current.CancellationToken);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                if (waited.Elapsed > Patience.Limit)
                {
                    throw new TimeoutException($"PostgreSQL does not answer:\n{Log}", e);
                }

                if (_process.HasExited)
                {
                    _process.Dispose();
                    _process = null;
                }
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends all connections and then the server, as the service manager would.</summary>
    public Task StopAsync() => EndAsync(process => process.SendInterrupt());

    /// <summary>As the machine would when it runs out of memory.</summary>
    public Task KillAsync() => EndAsync(process => process.Kill());

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    // From the newest version to the oldest.
    private static string? Find() => (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
        .Select(folder => Path.Combine(folder, "bin"))
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")));

    private static string UserBesidesRoot() =>
        File.ReadLines("/etc/passwd").Any(line => line.StartsWith($"{OtherUser}:", StringComparison.Ordinal)) ? OtherUser : Nobody;

    private string ConnectionStringOf(string database) => $"Host=127.0.0.1;Port={_port};Database={database};Username={User};Password={Password}";

    private async Task InitializeAsync()
    {
        var password = Path.Combine(_folder.Path, "password");
        await File.WriteAllTextAsync(password, Password, TestContext.Current.CancellationToken);
        if (Environment.IsPrivilegedProcess)
        {
            using var chown = Process.Start("chown", ["-R", UserBesidesRoot(), _folder.Path]);
            await chown.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        using var initialize = Run(
            "initdb", ["-D", Data, "-U", User, "--auth=scram-sha-256", $"--pwfile={password}", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        await initialize.WaitForExitAsync(TestContext.Current.CancellationToken);
        initialize.ExitCode.ShouldBe(0, Log);
    }

    // The program takes the place of setpriv: what is signalled is PostgreSQL itself.
    private Process Run(string program, IReadOnlyList<string> arguments)
    {
        var path = Path.Combine(_programs, program);
        string[] asUser = Environment.IsPrivilegedProcess
            ? ["setpriv", $"--reuid={UserBesidesRoot()}", "--regid=nogroup", "--clear-groups", path]
            : [path];
        var start = new ProcessStartInfo(asUser[0], [.. asUser[1..], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.Path,
        };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task EndAsync(Action<Process> end)
    {
        if (_process is { } process)
        {
            _process = null;
            if (!process.HasExited)
            {
                end(process);
            }

            // Not WaitForExitAsync, which would wait for the children, too: they have the same output.
            await Eventually.IsTrue(() => process.HasExited, Patience.Limit, "PostgreSQL has ended", CancellationToken.None);
            process.Dispose();
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _log.Enqueue(line);
        }
    }
}
