using System.Net;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>The schema is there before anybody is served, made by one replica, however many start and whatever becomes of them.</summary>
public sealed class StartTests
{
    private const int Replicas = 4;
    private const string Migrated = "has been brought up to date";

    [Fact(Timeout = Patience.OfTest)]
    public async Task Start_OnEmptyPostgres_MakesTheSchemaAndServes()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var api = new LlmApiFactory(demo: true, settings: [("ConnectionStrings:freegpt4", postgres.ConnectionString)]);
        using var client = api.CreateClient();

        using var answer = await client.ChatAsync(ChatRequests.Body());

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await api.Services.GetRequiredService<StateStore>().ReadAsync(context => Task.FromResult(context.Users.Count()), TestContext.Current.CancellationToken)).ShouldBe(1);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Start_OfFourReplicasOnEmptyPostgres_MakesTheSchemaOnce()
    {
        await using var postgres = await PostgresServer.StartAsync();

        (await StartTogetherAsync("ConnectionStrings:freegpt4", postgres.ConnectionString, TestContext.Current.CancellationToken)).ShouldBe(1);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Start_OfFourReplicasInAnEmptyFolder_MakesTheSchemaOnce()
    {
        using var folder = new TemporaryFolder();

        (await StartTogetherAsync("DATA_DIR", folder.Path, TestContext.Current.CancellationToken)).ShouldBe(1);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Start_AfterOneWasKilledInTheMiddleOnPostgres_GoesOn()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using (var hold = new NpgsqlConnection(postgres.ConnectionString))
        {
            // Whoever makes a table of that name waits for us, in the middle of the transaction that makes all tables.
            await hold.OpenAsync(TestContext.Current.CancellationToken);
            await using var transaction = await hold.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(hold, "CREATE TABLE users (id integer)");
            await using (var killed = StartProcess(("ConnectionStrings__freegpt4", postgres.ConnectionString)))
            {
                await Eventually.IsTrue(async () => await IsWaitingAsync(hold), Patience.Limit, "it is in the middle", TestContext.Current.CancellationToken);
            }

            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }

        await using var next = StartProcess(("ConnectionStrings__freegpt4", postgres.ConnectionString));
        (await IsReadyAsync(next, TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Start_AfterOthersWereKilledInTheMiddleOnSqlite_GoesOn()
    {
        for (var time = 0; time < Effort.Choose(3, 30); time++)
        {
            using var folder = new TemporaryFolder();
            var database = Path.Combine(folder.Path, "freegpt4.db");
            await using (var killed = StartProcess(("DATA_DIR", folder.Path)))
            {
                await Eventually.IsTrue(() => File.Exists(database), Patience.Limit, "it has begun", TestContext.Current.CancellationToken);

                // From the first page to the last table it takes some 200 ms.
                await Task.Delay(Random.Shared.Next(200), TestContext.Current.CancellationToken);
            }

            await using var next = StartProcess(("DATA_DIR", folder.Path));
            (await IsReadyAsync(next, TestContext.Current.CancellationToken)).ShouldBeTrue();
        }
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Start_WhereOneWasKilledWithTheLockOfEntityFramework_GoesOn()
    {
        using var folder = new TemporaryFolder();
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder.Path, "freegpt4.db")};Pooling=False"))
        {
            // As Entity Framework leaves it: https://learn.microsoft.com/ef/core/providers/sqlite/limitations#concurrent-migrations-protection
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText =
                """
                CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER NOT NULL CONSTRAINT "PK___EFMigrationsLock" PRIMARY KEY, "Timestamp" TEXT NOT NULL);
                INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01 00:00:00')
                """;
            command.ExecuteNonQuery();
        }

        await using var next = StartProcess(("DATA_DIR", folder.Path));
        (await IsReadyAsync(next, TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Start_OnPostgresWithAFolderThatCannotBeMade_EndsWithOneLine()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "a-file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        await using var replica = ServiceProcess.Start(
            "FreeGpt4.LlmApi",
            ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("ConnectionStrings__freegpt4", $"Host=127.0.0.1;Port={FreePorts.Next()}"),
            ("MASTER_KEY", "the same for all of them, on whatever host"), ("DATA_DIR", Path.Combine(file, "data")));

        (await replica.ExitCodeAsync()).ShouldBe(1);

        replica.Errors.ShouldHaveSingleItem().ShouldStartWith($"DATA_DIR is \"{file}/data\", which cannot be made: ");
    }

    /// <returns>How many of them have changed the schema.</returns>
    private static async Task<int> StartTogetherAsync(string setting, string value, CancellationToken cancellationToken)
    {
        var migrations = 0;
        var log = new LogListener(line =>
        {
            if (line.Contains(Migrated, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref migrations);
            }
        });
        var replicas = Enumerable.Range(0, Replicas)
            .Select(_ => new LlmApiFactory(
                configure: services => services.AddSingleton<ILoggerProvider>(log),
                settings: [("MASTER_KEY", "the same for all of them, on whatever host"), (setting, value)]))
            .ToList();
        try
        {
            await Task.WhenAll(replicas.Select(replica => Task.Run(async () =>
            {
                using var client = replica.CreateClient();
                using var ready = await client.GetAsync("/health", cancellationToken);
                ready.StatusCode.ShouldBe(HttpStatusCode.OK);
            })));
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }

        return migrations;
    }

    private static ServiceProcess StartProcess((string Name, string Value) setting) => ServiceProcess.Start(
        "FreeGpt4.LlmApi", ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("FALLBACK_PROVIDERS", "Custom"), ("LOG_LEVEL", "INFO"), setting);

    private static async Task<bool> IsReadyAsync(ServiceProcess replica, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = await replica.AddressAsync() };
        using var ready = await client.GetAsync("/health", cancellationToken);
        return ready.IsSuccessStatusCode;
    }

    private static async Task<bool> IsWaitingAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE NOT granted", connection);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
