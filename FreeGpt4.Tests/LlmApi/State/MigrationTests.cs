using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.Tests.LlmApi.State;

public sealed class MigrationTests
{
    [Fact]
    public void Migrations_OfBothEngines_LeadToTheModel()
    {
        using var sqlite = new SqliteStateContext(new DbContextOptionsBuilder<SqliteStateContext>().UseSqlite("Data Source=:memory:").Options);
        using var postgres = new PostgresStateContext(new DbContextOptionsBuilder<PostgresStateContext>().UseNpgsql("Host=localhost").Options);

        sqlite.Database.HasPendingModelChanges().ShouldBeFalse();
        postgres.Database.HasPendingModelChanges().ShouldBeFalse();
    }
}
