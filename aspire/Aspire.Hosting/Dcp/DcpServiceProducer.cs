using System.Text.Json;

namespace Aspire.Hosting.Dcp;

/// <summary>Says that an executable serves a service; an entry of its annotation <see cref="Annotation"/>.</summary>
/// <param name="ServiceName">The <see cref="DcpService"/>.</param>
/// <param name="Port">The port the process listens on; <see langword="null"/> lets DCP choose one per process.</param>
/// <param name="Address">Where the process listens.</param>
internal sealed record DcpServiceProducer(string ServiceName, int? Port = null, string Address = "localhost")
{
    public const string Annotation = "service-producer";

    /// <returns>The annotation's value: <c>[{"serviceName":"api","port":null,"address":"localhost"}]</c>.</returns>
    public static string ToAnnotation(params IReadOnlyList<DcpServiceProducer> producers) =>
        JsonSerializer.Serialize(producers, DcpJsonContext.Default.IReadOnlyListDcpServiceProducer);
}
