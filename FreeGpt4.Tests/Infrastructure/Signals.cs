using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>POSIX signals, which .NET can receive but not send.</summary>
internal static partial class Signals
{
    private const int Interrupt = 2;
    private const int Terminate = 15;

    /// <summary>Whether this process ignores Ctrl+C, as the background jobs of a script do; what it starts then ignores it, too.</summary>
    public static bool InterruptIsIgnored
    {
        get
        {
            // SigIgn:	0000000000001002 (a bit per signal, the lowest is signal 1)
            var ignored = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
            return (ulong.Parse(ignored.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (Interrupt - 1))) != 0;
        }
    }

    public static void SendInterrupt(this Process process) => Send(process, Interrupt);

    public static void SendTerminate(this Process process) => Send(process, Terminate);

    private static void Send(Process process, int signal)
    {
        if (Kill(process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"kill({process.Id}, {signal}) failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
