using System.Net;
using System.Text;
using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Providers;

/// <summary><c>PROXIES</c>: through whom providers are asked.</summary>
public sealed class ProxyTests
{
    private const string Password = "p%40ss,word-nobody-may-see";
    private const string Escaped = "p%2540ss%2Cword-nobody-may-see";
    private const string Far = "http://upstream.test/v1";

    [Fact]
    public async Task Provider_BehindAProxyWithAPassword_IsAskedThroughIt()
    {
        await using var proxy = await UpstreamServer.StartAsync(async context =>
        {
            if (!context.Request.Headers.ContainsKey("Proxy-Authorization"))
            {
                context.Response.StatusCode = 407;
                context.Response.Headers["Proxy-Authenticate"] = "Basic realm=\"proxy\"";
                return;
            }

            await UpstreamServerReplies.Json("answer-complete.json")(context);
        });
        await using var api = new LlmApiFactory(settings: [("CUSTOM_BASE_URL", Far), ("PROXIES", $"http://me:{Escaped}@{Host(proxy)}")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var asked = proxy.Chats[^1];
        asked.Headers["Host"].ShouldBe("upstream.test");
        asked.Headers["Proxy-Authorization"].ShouldBe($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{Password}"))}");
    }

    [Fact]
    public async Task Provider_BehindASocksProxy_IsAskedThroughIt()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var proxy = SocksProxy.Start(upstream);
        await using var api = new LlmApiFactory(settings: [("CUSTOM_BASE_URL", Far), ("PROXIES", $"socks5://me:{Escaped}@127.0.0.1:{proxy.Port}")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        (await response.TextAsync()).ShouldContain("[DONE]");
        proxy.Hosts.ShouldContain($"me:{Password} upstream.test:80");
    }

    [Fact]
    public async Task Proxies_ThatWork_AreUsedInTurn()
    {
        await using var first = await ModelServer.StartAsync();
        await using var second = await ModelServer.StartAsync();
        await using var api = new LlmApiFactory(settings: [("CUSTOM_BASE_URL", Far), ("PROXIES", $"http://{Host(first)}, http://{Host(second)}")]);
        using var client = api.CreateClient();

        await AskAsync(client, times: 6);

        // The list of models is asked for in between.
        first.Chats.Count.ShouldBeInRange(2, 4);
        second.Chats.Count.ShouldBeInRange(2, 4);
    }

    [Fact]
    public async Task Proxy_ThatIsNotThere_IsLeftOutAndNoChatFails()
    {
        await using var works = await ModelServer.StartAsync();
        await using var refuses = await UpstreamServer.StartAsync(UpstreamServerReplies.Status(407, "no"), UpstreamServerReplies.Status(407, "no"));
        await using var api = new LlmApiFactory(settings:
            [("CUSTOM_BASE_URL", Far), ("PROXIES", $"http://127.0.0.1:{FreePorts.Next()},http://{Host(refuses)},socks5://127.0.0.1:{FreePorts.Next()},http://{Host(works)}")]);
        using var client = api.CreateClient();

        await AskAsync(client, times: 8);

        works.Chats.Count.ShouldBe(8);
        refuses.Chats.Count.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task Proxies_OfWhichNoneWorks_FailWithoutTheirPasswords()
    {
        await using var api = new LlmApiFactory(settings: [("CUSTOM_BASE_URL", Far), ("PROXIES", $"http://me:{Escaped}@127.0.0.1:{FreePorts.Next()}")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var message = (await response.ErrorAsync()).Value("message").ShouldNotBeNull();
        message.ShouldContain("cannot be reached through PROXIES");
        message.ShouldNotContain("nobody-may-see");
    }

    [Fact]
    public async Task Provider_OnThisMachine_IsAskedDirectly()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var api = new LlmApiFactory(upstream, settings: [("PROXIES", $"http://127.0.0.1:{FreePorts.Next()}")]);
        using var client = api.CreateClient();

        await AskAsync(client, times: 1);

        upstream.Chats.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("http://localhost:11434/v1", true)]
    [InlineData("http://127.0.0.2/v1", true)]
    [InlineData("http://[::1]:8080/v1", true)]
    [InlineData("http://[::ffff:10.0.0.1]/v1", true)]
    [InlineData("http://10.1.2.3/v1", true)]
    [InlineData("http://172.31.0.1/v1", true)]
    [InlineData("http://192.168.1.5:8000/v1", true)]
    [InlineData("http://169.254.1.1/v1", true)]
    [InlineData("http://[fd00::1]/v1", true)]
    [InlineData("http://[fe80::1]/v1", true)]
    [InlineData("http://ollama:11434/v1", true)]
    [InlineData("http://host.docker.internal:11434/v1", true)]
    [InlineData("http://nas.local/v1", true)]
    [InlineData("http://172.32.0.1/v1", false)]
    [InlineData("http://8.8.8.8/v1", false)]
    [InlineData("https://api.groq.com/openai/v1", false)]
    [InlineData("https://localhost.example.com/v1", false)]
    [InlineData("http://[2606:4700::1]/v1", false)]
    public void Address_InAPrivateNetwork_NeedsNoProxy(string address, bool isNear) => OutgoingProxies.IsNear(new(address)).ShouldBe(isNear);

    [Theory]
    [InlineData("me:nobody-may-see@proxy.test:80")]
    [InlineData("ftp://me:nobody-may-see@proxy.test")]
    [InlineData("http://me:nobody-may-see@proxy.test/path")]
    [InlineData("http://proxy.test?nobody-may-see")]
    [InlineData("http://")]
    public async Task Proxy_ThatIsNone_StopsTheStartWithoutBeingRepeated(string proxy)
    {
        await using var api = ServiceProcess.Start(
            "FreeGpt4.LlmApi", ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("FALLBACK_PROVIDERS", "Custom"), ("PROXIES", $"http://one.test,{proxy}"));

        (await api.ExitCodeAsync()).ShouldBe(1);
        var line = api.Errors.ShouldHaveSingleItem();
        line.ShouldStartWith("PROXIES has no proxy in place 2; allowed are ");
        line.ShouldNotContain("nobody-may-see");
    }

    private static string Host(UpstreamServer server) => new Uri(server.BaseUrl).Authority;

    private static async Task AskAsync(HttpClient client, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var response = await client.ChatAsync(ChatRequests.Body());
            response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        }
    }
}
