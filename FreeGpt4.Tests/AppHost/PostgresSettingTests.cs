using System.Runtime.Versioning;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>What stops the start of a cluster with a PostgreSQL of its own.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PostgresSettingTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mysql", "", "DATABASE is \"mysql\"; allowed is sqlite or postgres.")]
    [InlineData("postgres", "Host=db", "DATABASE is \"postgres\", but ConnectionStrings__freegpt4 names a PostgreSQL to use; leave out one of the two.")]
    [InlineData("sqlite", "Host=db", "DATABASE is \"sqlite\", but ConnectionStrings__freegpt4 names a PostgreSQL to use; leave out one of the two.")]
    public async Task Setting_NotAllowed_StopsTheStartWithOneLine(string database, string connectionString, string expected)
    {
        await using var appHost = AppHostProcess.Start(("DATABASE", database), ("ConnectionStrings__freegpt4", connectionString));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);

        appHost.Output.ShouldBe(expected);
    }
}
