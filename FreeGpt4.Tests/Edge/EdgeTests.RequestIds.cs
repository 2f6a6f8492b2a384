using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    private const string RequestId = "x-request-id";

    [Fact]
    public async Task Id_Sane_IsKeptForReplicaAndClient()
    {
        string[] ids = ["a", "req_1.2-3", new string('x', 128)];

        (await RoundTripsAsync(ids)).ShouldBe(ids.Select(id => (id, id)));
    }

    [Fact]
    public async Task Id_MissingOrNotSane_IsMadeForReplicaAndClient()
    {
        var trips = await RoundTripsAsync([null, "", "two words", "semi;colon", "caf\u00e9", "<script>", new string('x', 129)]);

        trips.Select(trip => trip.AtReplica).Distinct().Count().ShouldBe(7);
        trips.ShouldAllBe(trip => MadeId().IsMatch(trip.AtReplica) && trip.AtClient == trip.AtReplica);
    }

    [Fact(Timeout = Limit)]
    public async Task Id_OfFailedRequest_IsInError()
    {
        await using var replica = new ReplicaSocket((connection, _) => ReplicaSocket.ResetAsync(connection));
        await using var edge = await StartAsync(replica.Address);
        edge.Client.DefaultRequestHeaders.Add(RequestId, "mine");

        using var lost = await edge.Client.PostAsync("/", new StringContent("x"), TestContext.Current.CancellationToken);
        using var health = await edge.Client.GetAsync("/health", TestContext.Current.CancellationToken);

        lost.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        lost.Headers.GetValues(RequestId).ShouldBe(["mine"]);
        health.Headers.GetValues(RequestId).ShouldBe(["mine"]);
    }

    private async Task<IReadOnlyList<(string AtReplica, string AtClient)>> RoundTripsAsync(string?[] ids)
    {
        // The replica answers with the header too, as the API does; the client must still get one.
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers[RequestId] = context.Request.Headers[RequestId];
            return context.Response.WriteAsync(context.Request.Headers[RequestId].ToString(), context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address);
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 });

        var trips = new List<(string, string)>();
        foreach (var id in ids)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, edge.Client.BaseAddress);
            if (id is not null)
            {
                request.Headers.TryAddWithoutValidation(RequestId, id);
            }

            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            var atReplica = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            trips.Add((atReplica, response.Headers.GetValues(RequestId).Single()));
        }

        return trips;
    }

    [GeneratedRegex("^req_[0-9a-f]{32}$")]
    private static partial Regex MadeId();
}
