using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace FreeGpt4.LlmApi.State.Migrations;

/// <summary>What <c>dotnet ef</c> makes migrations from; see CONTRIBUTING.md. No database is opened for it.</summary>
internal sealed class SqliteDesign : IDesignTimeDbContextFactory<SqliteStateContext>
{
    public SqliteStateContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteStateContext>().UseSqlite("Data Source=:memory:").Options);
}

/// <inheritdoc cref="SqliteDesign"/>
internal sealed class PostgresDesign : IDesignTimeDbContextFactory<PostgresStateContext>
{
    public PostgresStateContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresStateContext>().UseNpgsql("Host=localhost").Options);
}
