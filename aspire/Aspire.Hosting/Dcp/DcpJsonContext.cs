using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Aspire.Hosting.Dcp;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DcpList<DcpExecutable>))]
[JsonSerializable(typeof(DcpList<DcpContainer>))]
[JsonSerializable(typeof(DcpList<DcpContainerNetwork>))]
[JsonSerializable(typeof(DcpList<DcpContainerNetworkTunnelProxy>))]
[JsonSerializable(typeof(DcpList<DcpService>))]
[JsonSerializable(typeof(DcpList<DcpEndpoint>))]
[JsonSerializable(typeof(DcpInfo))]
[JsonSerializable(typeof(DcpStatus))]
[JsonSerializable(typeof(DcpWatchEvent))]
[JsonSerializable(typeof(DcpExecution))]
[JsonSerializable(typeof(IReadOnlyList<DcpServiceProducer>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class DcpJsonContext : JsonSerializerContext
{
    public static JsonTypeInfo<T> For<T>() => (JsonTypeInfo<T>)Default.GetTypeInfo(typeof(T))!;
}
