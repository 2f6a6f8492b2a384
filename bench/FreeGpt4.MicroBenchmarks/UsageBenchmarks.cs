using BenchmarkDotNet.Attributes;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Usage;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.MicroBenchmarks;

/// <summary>What it costs to write down one request, of a batch, in SQLite.</summary>
[MemoryDiagnoser]
public class UsageBenchmarks
{
    private const int Records = 1_000;

    private readonly UsageSums _sums = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("freegpt4-bench-").FullName;
    private List<UsageRecord> _records = [];

    [GlobalSetup]
    public async Task Setup()
    {
        await using var context = Open();
        await context.Database.MigrateAsync();
        await context.Database.ExecuteSqlAsync($"PRAGMA journal_mode = WAL");
        _records =
        [
            .. Enumerable.Range(0, Records).Select(i => new UsageRecord
            {
                At = DateTimeOffset.UtcNow,
                Route = "/v1/chat/completions",
                Provider = "Groq",
                Model = "llama-3.3-70b-versatile",
                Status = 200,
                PromptTokens = 9,
                CompletionTokens = i,
                FirstTokenMs = 20,
                DurationMs = 100,
                Replica = "llm-api-x7f3",
            }),
        ];
    }

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [Benchmark(OperationsPerInvoke = Records)]
    public async Task Write()
    {
        await using var context = Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await UsageRows.InsertAsync(context, _records, CancellationToken.None);
        await _sums.AddAsync(context, _records, CancellationToken.None);
        await transaction.CommitAsync();
    }

    private SqliteStateContext Open() =>
        new(new DbContextOptionsBuilder<SqliteStateContext>().UseSqlite($"Data Source={Path.Combine(_folder, "bench.db")}").Options);
}
