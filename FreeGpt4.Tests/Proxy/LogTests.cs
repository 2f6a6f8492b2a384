using System.Collections.Concurrent;
using System.Net;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Proxy;

public sealed class LogTests
{
    [Fact]
    public async Task Log_RequestWithToken_DoesNotHaveIt()
    {
        const string Token = "s3cr3t-in-query";
        var log = new ConcurrentQueue<string>();
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = new ProxyFactory([refusing.Address], log.Enqueue).With("Logging:LogLevel:Default", "Information")
            .With("Logging:LogLevel:Microsoft.AspNetCore", "Information").With("Logging:LogLevel:Yarp", "Information");

        using var response = await edge.Client.GetAsync($"/?text=hi&token={Token}", TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        log.ShouldContain(line => line.Contains("trying again"));
        log.ShouldContain(line => line.Contains("A GET was answered with 502: Request, Connection refused"));
        log.ShouldNotContain(line => line.Contains(Token));
    }
}
