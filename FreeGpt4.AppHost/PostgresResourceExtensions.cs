using System.Security.Cryptography;
using System.Text;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.AppHost;

internal static class PostgresResourceExtensions
{
    private const string Database = "freegpt4";
    private const string User = "freegpt4";
    private const int Port = 5432;

    /// <summary>Adds a PostgreSQL in a container. Its data is in a volume, which stays.</summary>
    public static IResourceBuilder<PostgresResource> AddPostgres(this IDistributedApplicationBuilder builder, string name)
    {
        // Without marks that a connection string would have to quote, and the same at every start: the data in the volume knows it.
        var password = builder.AddParameter(
                $"{name}-password", new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true)
            .WithDescription("The password of the PostgreSQL in the container, kept in the user secrets of the AppHost.");
        var dataFolder = DataFolder.Read(new(builder.Configuration));
        var volume = VolumeName(dataFolder);
        var postgres = new PostgresResource(name, User, password.Resource, Database);
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<PostgresHealthCheck>(services, postgres, volume));
        builder.Services.AddHealthChecks().AddCheck<PostgresHealthCheck>(name);
        builder.Services.AddSingleton(_ => new DatabaseLock(dataFolder));
        builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            start.Services.GetRequiredService<DatabaseLock>().Take();
            return Task.CompletedTask;
        });

        return builder.AddResource(postgres)
            .WithImage("postgres", "17")
            // Of one name the engine has only one container: should one be left from a crash, it is not joined by another on its volume.
            .WithContainerName(volume)
            .WithVolume(volume, "/var/lib/postgresql/data")
            .WithEnvironment("POSTGRES_DB", Database)
            .WithEnvironment("POSTGRES_USER", User)
            .WithEnvironment("POSTGRES_PASSWORD", password)
            .WithEndpoint(targetPort: Port, name: PostgresResource.EndpointName)
            .WithHealthCheck(name)
            .RequiredForStart();
    }

    /// <summary>Has the replicas of the API keep there what they share.</summary>
    public static IResourceBuilder<PostgresResource> AsDatabaseOf(
        this IResourceBuilder<PostgresResource> postgres, IResourceBuilder<ProjectResource> api)
    {
        api.WithEnvironment($"ConnectionStrings__{Database}", postgres.Resource.ConnectionString).WaitFor(postgres);
        return postgres;
    }

    // What is secret in the database is encrypted with the key in DATA_DIR, so that each DATA_DIR has a database of its own.
    private static string VolumeName(string dataFolder) => dataFolder == DataFolder.Default
        ? "freegpt4-postgres"
        : $"freegpt4-postgres-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)))[..12]}";
}

/// <summary>A container of the image postgres.</summary>
internal sealed class PostgresResource(string name, string user, ParameterResource password, string database) : ContainerResource(name)
{
    public const string EndpointName = "tcp";

    /// <summary>For whoever is outside of the container.</summary>
    public ReferenceExpression ConnectionString
    {
        get
        {
            var endpoint = this.GetEndpoint(EndpointName);
            return ReferenceExpression.Create(
                $"Host={endpoint.Property(EndpointProperty.IPV4Host)};Port={endpoint.Property(EndpointProperty.Port)};Database={database};Username={user};Password={password}");
        }
    }
}
