using FreeGpt4.ServiceDefaults.Files;

namespace FreeGpt4.AppHost;

/// <summary>Held by the one cluster that runs the PostgreSQL of a data folder. A second one would take that server over, and stop it at its end.</summary>
internal sealed class DatabaseLock(string dataFolder) : IDisposable
{
    private FileStream? _file;

    /// <exception cref="DistributedApplicationException">Another cluster holds it.</exception>
    public void Take()
    {
        var path = Path.Combine(dataFolder, "postgres.lock");
        try
        {
            PrivateFolder.Create(dataFolder);
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new DistributedApplicationException(
                $"DATA_DIR is \"{dataFolder}\", whose PostgreSQL another cluster runs; stop that cluster, or give this one another DATA_DIR.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException($"DATA_DIR is \"{dataFolder}\", where postgres.lock cannot be made: {e.Message}", e);
        }
    }

    public void Dispose() => _file?.Dispose();
}
