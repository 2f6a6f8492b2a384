using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Backchannel;

/// <summary>This AppHost as the CLI knows it: the project, and the process that runs it.</summary>
internal sealed class AppHostIdentity(AppHostMetadata metadata)
{
    private const int InstanceBytes = 6;

    // In /proc/<pid>/stat times are in clock ticks, of which Linux shows 100 in a second to every program.
    private const long MillisecondsPerTick = 10;

    /// <summary>The project file; null for an AppHost that was built in another way.</summary>
    public string? ProjectFile { get; } = metadata["apphostprojectpath"] is { } folder && metadata["apphostprojectname"] is { } name
        ? Path.Combine(folder, name)
        : null;

    /// <summary>The version of Aspire.Hosting that it is written for.</summary>
    public string HostingVersion { get; } = metadata["aspirehostingversion"] ?? "";

    /// <summary>When this process was started, by the clock of today.</summary>
    public static DateTimeOffset StartedAt
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.StartTime;
        }
    }

    /// <summary>When a process was started, counted from the start of the machine, which no change of the clock alters; null when there is no such process.</summary>
    public static TimeSpan? StartedAfterBoot(int processId)
        => LinuxProcess.TryFind(processId) is { } process ? TimeSpan.FromMilliseconds(checked((long)process.StartTime) * MillisecondsPerTick) : null;

    /// <summary>Where the CLI looks for AppHosts that run.</summary>
    public static string SocketFolder => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".aspire", "cli", "bch");

    /// <summary>A socket of this process: <c>PROJECTHASHINSTANCE.PID</c>, of which the first has 11 letters and follows from where the project really is.</summary>
    public static string NewSocketPath(string projectFile) => Path.Combine(
        SocketFolder,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{ProjectHash(projectFile)}{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(InstanceBytes))}.{Environment.ProcessId}"));

    /// <summary>Removes the sockets of processes of the same project that have been killed.</summary>
    public static void RemoveStaleSockets(string projectFile)
    {
        foreach (var path in Directory.EnumerateFiles(SocketFolder, $"{ProjectHash(projectFile)}*"))
        {
            if (int.TryParse(Path.GetExtension(path).AsSpan(1), CultureInfo.InvariantCulture, out var processId) && LinuxProcess.TryFind(processId) is null)
            {
                File.Delete(path);
            }
        }
    }

    private static string ProjectHash(string projectFile)
    {
        Span<byte> hash = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(hash, XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(WithoutLinks(projectFile))));
        return Base64Url.EncodeToString(hash);
    }

    private static string WithoutLinks(string path)
    {
        var root = Path.GetPathRoot(path)!;
        var resolved = root;
        foreach (var part in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            var target = Path.Exists(next) ? File.ResolveLinkTarget(next, returnFinalTarget: true) : null;
            resolved = target is null ? next : WithoutLinks(target.FullName);
        }

        return resolved;
    }
}
