using FreeGpt4.LlmApi.State.Encryption;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FreeGpt4.LlmApi.State;

internal static class StateExtensions
{
    /// <summary>What the replicas share: a SQLite file in <c>DATA_DIR</c>, or the PostgreSQL of <c>ConnectionStrings__freegpt4</c>.</summary>
    public static IServiceCollection AddState(this IServiceCollection services, SettingsReader settings)
    {
        var options = StateOptions.Read(settings);
        MasterKey.Check(settings);
        services
            .AddSingleton(options)
            .AddSingleton<StateStore>()
            .AddSingleton<StateHealth>()
            .AddSingleton<ChangeFeed>()
            .AddSingleton(_ => MasterKey.Open(settings, options))
            .AddSingleton<SecretBox>()
            .AddSingleton<MasterKeyNote>()

            // First of all hosted services: the others find the database ready.
            .AddHostedService<StateStart>()
            .AddHostedService(provided => provided.GetRequiredService<ChangeFeed>());

        // Logins and forms that one replica gave out are good at the others.
        var protection = services.AddDataProtection().SetApplicationName("FreeGpt4");
        if (options.Engine is Engine.Sqlite)
        {
            services.AddDbContextFactory<SqliteStateContext>(context => Configure(context, options));
            protection.PersistKeysToDbContext<SqliteStateContext>();
        }
        else
        {
            services.AddDbContextFactory<PostgresStateContext>(context => Configure(context, options));
            protection.PersistKeysToDbContext<PostgresStateContext>();
        }

        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provided =>
            new ConfigureOptions<KeyManagementOptions>(keys => keys.XmlEncryptor = new DataProtectionEncryptor(provided.GetRequiredService<SecretBox>())));
        return services;
    }

    public static void Configure(DbContextOptionsBuilder context, StateOptions options)
    {
        if (options.Engine is Engine.Sqlite)
        {
            context.UseSqlite(options.ConnectionString).AddInterceptors(SqliteSetup.Instance);
        }
        else
        {
            context.UseNpgsql(options.ConnectionString);
        }

        // What is stored is told nowhere: not in logs, not in the text of exceptions.
        context.EnableSensitiveDataLogging(false);
    }
}
