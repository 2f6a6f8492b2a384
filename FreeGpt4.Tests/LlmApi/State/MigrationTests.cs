using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.State.Migrations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>What was generated from the model is as the model is now: CONTRIBUTING.md says how to generate it again.</summary>
public sealed class MigrationTests
{
    public static TheoryData<string> Engines => [ReplicaSet.Sqlite, ReplicaSet.Postgres];

    [Theory]
    [MemberData(nameof(Engines))]
    public void Migrations_LeadToTheModel(string engine)
    {
        using var context = Open(engine);

        context.Database.HasPendingModelChanges().ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void CreationScript_IsThatOfTheMigrations(string engine)
    {
        using var context = Open(engine);

        var script = context.GetService<IMigrator>().GenerateScript(options: MigrationsSqlGenerationOptions.NoTransactions);

        Schema.CreationScript(context.Database).ShouldBe(script);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void CompiledModel_IsThatOfTheCode(string engine)
    {
        using var context = Open(engine);

        var fromCode = context.GetService<IModelRuntimeInitializer>().Initialize(context.GetService<IDesignTimeModel>().Model, designTime: false);

        context.Model.ShouldNotBe(fromCode);
        Describe(context.Model).ShouldBe(Describe(fromCode));
    }

    private static StateContext Open(string engine) => engine is ReplicaSet.Sqlite
        ? new SqliteStateContext(new DbContextOptionsBuilder<SqliteStateContext>().UseSqlite("Data Source=:memory:").Options)
        : new PostgresStateContext(new DbContextOptionsBuilder<PostgresStateContext>().UseNpgsql("Host=localhost").Options);

    private static string Describe(IModel model) =>
        $"{model.ToDebugString(MetadataDebugStringOptions.LongDefault)}\n{model.GetRelationalModel().ToDebugString(MetadataDebugStringOptions.LongDefault)}";
}
