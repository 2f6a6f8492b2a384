using System.Text.Json;
using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.Fallback.Cooldowns;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.LlmApi.Users.Login;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace FreeGpt4.LlmApi.State;

/// <summary>
/// All that the replicas share. Each engine has a subclass of its own, because migrations are an engine's.
/// https://learn.microsoft.com/ef/core/managing-schemas/migrations/providers
/// </summary>
internal abstract class StateContext(DbContextOptions options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<StoredSetting> Settings => Set<StoredSetting>();

    public DbSet<User> Users => Set<User>();

    public DbSet<AccessToken> AccessTokens => Set<AccessToken>();

    public DbSet<FailedLogin> FailedLogins => Set<FailedLogin>();

    public DbSet<Conversation> Conversations => Set<Conversation>();

    public DbSet<ConversationMessage> Messages => Set<ConversationMessage>();

    public DbSet<UsageRecord> Usage => Set<UsageRecord>();

    public DbSet<UsageDay> UsageDays => Set<UsageDay>();

    public DbSet<StoredCooldown> Cooldowns => Set<StoredCooldown>();

    public DbSet<Reservation> Reservations => Set<Reservation>();

    public DbSet<Revision> Revisions => Set<Revision>();

    public DbSet<ReplicaRecord> Replicas => Set<ReplicaRecord>();

    public DbSet<Note> Notes => Set<Note>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configuration)
    {
        // SQLite cannot compare the times that it stores as text.
        configuration.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<StoredSetting>().HasKey(setting => setting.Name);
        model.Entity<User>(user =>
        {
            user.HasIndex(one => one.Key).IsUnique();
            user.Property(one => one.Role).HasConversion<string>();
            user.HasMany(one => one.Tokens).WithOne().HasForeignKey(token => token.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<AccessToken>().HasIndex(token => token.Hash).IsUnique();
        model.Entity<FailedLogin>(failed =>
        {
            failed.HasKey(one => one.Key);
            failed.HasIndex(one => one.LastAt);
        });
        model.Entity<Conversation>(conversation =>
        {
            conversation.HasIndex(one => new { one.Owner, one.UpdatedAt });
            conversation.HasIndex(one => one.UpdatedAt);
            conversation.HasMany(one => one.Messages).WithOne().HasForeignKey(message => message.ConversationId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<ConversationMessage>().HasIndex(message => new { message.ConversationId, message.Position }).IsUnique();
        model.Entity<UsageRecord>(usage =>
        {
            usage.HasIndex(one => one.At);
            usage.Property(one => one.Outcome).HasConversion<string>();
        });
        model.Entity<UsageDay>().HasKey(day => new { day.Day, day.UserId, day.Provider, day.Model });
        model.Entity<StoredCooldown>(cooldown =>
        {
            cooldown.HasKey(one => one.Scope);
            cooldown.Property(one => one.Failure).HasConversion<string>();
        });
        model.Entity<Reservation>().HasIndex(reservation => new { reservation.Scope, reservation.At });
        model.Entity<Revision>(revision =>
        {
            revision.HasKey(one => one.Topic);
            revision.Property(one => one.Number).IsConcurrencyToken();
        });
        model.Entity<ReplicaRecord>();
        model.Entity<Note>().HasKey(note => note.Name);
        NameInSnakeCase(model);
    }

    // Names that need no quotes in psql and sqlite3.
    private static void NameInSnakeCase(ModelBuilder model)
    {
        foreach (var entity in model.Model.GetEntityTypes())
        {
            entity.SetTableName(JsonNamingPolicy.SnakeCaseLower.ConvertName(entity.GetTableName()!));
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
            }

            foreach (var key in entity.GetKeys())
            {
                key.SetName(key.GetName()?.ToLowerInvariant());
            }

            foreach (var key in entity.GetForeignKeys())
            {
                key.SetConstraintName(key.GetConstraintName()?.ToLowerInvariant());
            }

            foreach (var index in entity.GetIndexes())
            {
                index.SetDatabaseName(index.GetDatabaseName()?.ToLowerInvariant());
            }
        }
    }

    internal sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}

internal sealed class SqliteStateContext(DbContextOptions<SqliteStateContext> options) : StateContext(options);

internal sealed class PostgresStateContext(DbContextOptions<PostgresStateContext> options) : StateContext(options);
