using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class EdgeProcessTests
{
    private const int Limit = Patience.OfTest;

    private static readonly (string, string) AnyPort = ("ASPNETCORE_URLS", "http://127.0.0.1:0");

    [Fact(Timeout = Limit)]
    public async Task Edge_WithUrl_ListensThereInsteadOfItsPort()
    {
        var port = FreePorts.Next();
        await using var edge = ServiceProcess.Start("FreeGpt4.Proxy", AnyPort, ("EDGE_PORT", $"{port}"));
        using var client = new HttpClient();

        var address = await edge.AddressAsync();

        address.Port.ShouldNotBe(port);
        (await client.GetStringAsync(new Uri(address, "/health"), TestContext.Current.CancellationToken)).ShouldBe("Healthy");
    }

    // On Linux 127.0.0.2 is an address of the machine that is no "localhost".
    [Theory(Timeout = Limit)]
    [InlineData("loopback", false)]
    [InlineData("any", true)]
    public async Task Edge_OnItsPort_ListensToLoopbackOrToAny(string listen, bool isReachable)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux answers on all of 127.0.0.0/8.");
        var port = FreePorts.Next();
        await using var edge = ServiceProcess.Start("FreeGpt4.Proxy", ("EDGE_PORT", $"{port}"), ("EDGE_LISTEN", listen));
        await edge.AddressAsync();
        using var client = new HttpClient();

        (await client.GetStringAsync($"http://127.0.0.1:{port}/health", TestContext.Current.CancellationToken)).ShouldBe("Healthy");
        var other = client.GetStringAsync($"http://127.0.0.2:{port}/health", TestContext.Current.CancellationToken);
        if (isReachable)
        {
            (await other).ShouldBe("Healthy");
        }
        else
        {
            await Should.ThrowAsync<HttpRequestException>(other);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("EDGE_PORT", "0", "1 to 65535")]
    [InlineData("EDGE_PORT", "65536", "1 to 65535")]
    [InlineData("EDGE_PORT", "http", "1 to 65535")]
    [InlineData("UPSTREAM_KEEPALIVE", "-1", "0 to 10000")]
    [InlineData("UPSTREAM_CONNECT_TIMEOUT", "5", "500ms")]
    [InlineData("UPSTREAM_READ_TIMEOUT", "0s", "1s to 86400s")]
    [InlineData("MAX_BODY_SIZE", "16 MiB", "1024 to 1073741824 bytes")]
    [InlineData("RATE_LIMIT_API", "10", "10r/s or 5r/m")]
    [InlineData("CORS_ORIGINS", "app.example", "https://app.example.org")]
    [InlineData("TRUSTED_PROXIES", "everyone", "10.0.0.0/8")]
    public async Task Edge_BadSetting_EndsWithOneLineAboutIt(string name, string value, string allowed)
    {
        await using var edge = ServiceProcess.Start("FreeGpt4.Proxy", AnyPort, (name, value));

        (await edge.ExitCodeAsync()).ShouldBe(1);

        var line = edge.Errors.ShouldHaveSingleItem();
        line.ShouldStartWith($"{name} is \"{value}\"");
        line.ShouldContain(allowed);
        TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    [Fact(Timeout = Limit)]
    public async Task Edge_PortTaken_EndsWithLineThatNamesIt()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var edge = ServiceProcess.Start("FreeGpt4.Proxy", ("EDGE_PORT", port.ToString(CultureInfo.InvariantCulture)));

        (await edge.ExitCodeAsync()).ShouldBe(1);

        edge.Errors.ShouldHaveSingleItem().ShouldContain($"{port}");
        TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    [Fact(Timeout = Limit)]
    public async Task Terminated_StreamRunningInProduction_EndsAfterTheStream()
    {
        var goOn = new TaskCompletionSource();
        await using var replica = await StreamUntil(goOn.Task);
        await using var edge = ServiceProcess.Start("FreeGpt4.Proxy", AnyPort, ReplicaAt(replica), ("ASPNETCORE_ENVIRONMENT", "Production"));
        using var client = new HttpClient { BaseAddress = await edge.AddressAsync() };

        using var reader = new StreamReader(await client.GetStreamAsync("/", TestContext.Current.CancellationToken));
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("first");
        await edge.TerminateAsync();
        await RefusesAsync(client.BaseAddress);
        edge.HasExited.ShouldBeFalse();
        goOn.SetResult();

        (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("last\n");
        (await edge.ExitCodeAsync()).ShouldBe(0);
    }

    [Fact(Timeout = Limit)]
    public async Task Terminated_EndlessStreamInDevelopment_CutsItAndEnds()
    {
        await using var replica = await StreamUntil(new TaskCompletionSource().Task);
        await using var edge = ServiceProcess.Start("FreeGpt4.Proxy", AnyPort, ReplicaAt(replica), ("ASPNETCORE_ENVIRONMENT", "Development"));
        using var client = new HttpClient { BaseAddress = await edge.AddressAsync() };

        using var reader = new StreamReader(await client.GetStreamAsync("/", TestContext.Current.CancellationToken));
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("first");
        await edge.TerminateAsync();

        await Should.ThrowAsync<IOException>(reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        (await edge.ExitCodeAsync()).ShouldBe(0);
    }

    private static Task<Replica> StreamUntil(Task last) => Replica.StartAsync(async context =>
    {
        await context.Response.WriteAsync("first\n", context.RequestAborted);
        await last.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync("last\n", context.RequestAborted);
    });

    private static (string, string) ReplicaAt(Replica replica) => ("services__llm-api__http__0", replica.Address.AbsoluteUri);

    // Until the edge has stopped listening.
    private static async Task RefusesAsync(Uri address)
    {
        while (true)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
            {
                return;
            }
        }
    }
}
