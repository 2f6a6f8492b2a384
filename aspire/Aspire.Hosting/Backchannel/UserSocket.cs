using System.Net.Sockets;

namespace Aspire.Hosting.Backchannel;

/// <summary>A Unix socket that only this user can connect to. Its file goes when it is disposed of.</summary>
internal sealed class UserSocket : IDisposable
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Backlog = 16;

    private readonly Socket _socket;

    private UserSocket(Socket socket, string path)
    {
        _socket = socket;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Listens there; what an earlier process has left is removed.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor can it.</exception>
    /// <exception cref="SocketException">Nothing can listen there.</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket.</exception>
    public static UserSocket Listen(string path)
    {
        CreateFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        File.Delete(path);
        var address = new UnixDomainSocketEndPoint(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(address);
            if (!OperatingSystem.IsWindows())
            {
                // Before it listens nobody can connect, so there is no moment at which others could.
                File.SetUnixFileMode(path, FileMode);
            }

            socket.Listen(Backlog);
            return new(socket, path);
        }
        catch
        {
            socket.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Makes a folder that only this user can look into; an existing one becomes such a folder.</summary>
    public static void CreatePrivateFolder(string path)
    {
        CreateFolder(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, FolderMode);
        }
    }

    public async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
        => new NetworkStream(await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false), ownsSocket: true);

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(Path);
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, FolderMode);
        }
    }
}
