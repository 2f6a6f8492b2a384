namespace Aspire.Hosting.Dcp;

/// <summary>What DCP, and everything that it starts, is started with: it tells DCP also where the container engine is.</summary>
/// <param name="Variables">Go templates, see <see cref="DcpTemplate"/>.</param>
internal sealed record DcpEnvironment(IReadOnlyDictionary<string, string> Variables);
