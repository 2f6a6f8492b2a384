using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Aspire.Hosting.Dcp;

/// <summary>How to reach a running DCP: the file that it writes once its API listens.</summary>
/// <remarks><see href="https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/"/></remarks>
internal sealed record DcpKubeconfig(Uri Server, X509Certificate2 Authority, string Token)
{
    // It is as secret as the file, and records print their members.
    public override string ToString() => Server.ToString();

    /// <returns><see langword="null"/> while the file is not there or not complete.</returns>
    public static DcpKubeconfig? TryRead(string path)
    {
        string[] lines;
        try
        {
            var text = File.ReadAllText(path);
            if (!text.EndsWith('\n'))
            {
                return null;
            }

            lines = text.Split('\n', StringSplitOptions.TrimEntries);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        return Value(lines, "server") is { } server
            && Value(lines, "certificate-authority-data") is { } authority
            && Value(lines, "token") is { } token
            ? new(new Uri(server), X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(Convert.FromBase64String(authority))), token)
            : null;
    }

    // One cluster, one user, one value a line: `    server: https://127.0.0.1:42929`. A token of digits alone is quoted.
    private static string? Value(string[] lines, string key) =>
        lines.FirstOrDefault(line => line.StartsWith(key + ": ", StringComparison.Ordinal)) is { } line
            ? line[(key.Length + 2)..].Trim().Trim('"', '\'')
            : null;
}
