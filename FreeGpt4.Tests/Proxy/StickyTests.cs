using System.Net;
using FreeGpt4.Proxy.Balancing;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class StickyTests
{
    [Fact]
    public async Task Client_Always_ReachesTheSameReplicaAndAnotherWhenThatIsGone()
    {
        var replicas = new List<Replica>();
        for (var i = 0; i < 3; i++)
        {
            var name = $"{i}";
            replicas.Add(await Replica.StartAsync(context => context.Response.WriteAsync(name, context.RequestAborted)));
        }

        await using var edge = new ProxyFactory(replicas.Select(replica => replica.Address)).With("STICKY", "ip").With("RATE_LIMIT_API", "off");
        async Task<string[]> AnswersTo(HttpClient client)
        {
            var answers = new HashSet<string>();
            for (var i = 0; i < 10; i++)
            {
                answers.Add(await client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken));
            }

            return [.. answers];
        }

        var ofClients = new List<string>();
        for (var i = 1; i <= 12; i++)
        {
            using var client = RateLimitTests.ClientFrom($"127.0.0.{i}", edge.Client.BaseAddress!);
            ofClients.Add((await AnswersTo(client)).ShouldHaveSingleItem());
        }

        ofClients.Distinct().Count().ShouldBeGreaterThan(1);
        var first = int.Parse(ofClients[0], System.Globalization.CultureInfo.InvariantCulture);
        await replicas[first].DisposeAsync();
        (await AnswersTo(edge.Client)).ShouldHaveSingleItem().ShouldNotBe(ofClients[0]);
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }

    [Fact]
    public void Clients_WhenAReplicaComes_MoveOnlyToIt()
    {
        string[] three = ["a", "b", "c"];
        string[] four = [.. three, "d"];
        static string Pick(IPAddress client, string[] replicas) => replicas.MaxBy(replica => ClientAddressPolicy.Weight(client, replica))!;

        var clients = Enumerable.Range(0, 4000).Select(i => new IPAddress([10, 0, (byte)(i >> 8), (byte)i])).ToArray();

        var moved = clients.Where(client => Pick(client, three) != Pick(client, four)).ToArray();
        moved.Select(client => Pick(client, four)).Distinct().ShouldBe(["d"]);
        moved.Length.ShouldBeInRange(900, 1100);
        clients.CountBy(client => Pick(client, three)).Select(share => share.Value).ShouldAllBe(share => share > 1200 && share < 1470);
    }
}
