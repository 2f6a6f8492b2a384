using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class AssetCacheTests
{
    private const string Immutable = "public, max-age=31536000, immutable";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/assets/app.js", Immutable, null, 200, 1)]
    [InlineData("/assets/app.js", "s-maxage=60", null, 200, 1)]
    [InlineData("/assets/app.js", "max-age=60, s-maxage=0", null, 200, 3)]
    [InlineData("/assets/app.js", Immutable, "Accept-Encoding", 200, 1)]
    [InlineData("/assets/app.js", Immutable, "Accept-Encoding, Cookie", 200, 3)]
    [InlineData("/assets/app.js", Immutable, "*", 200, 3)]
    [InlineData("/assets/app.js", null, null, 200, 3)]
    [InlineData("/assets/app.js", "no-cache", null, 200, 3)]
    [InlineData("/assets/app.js", "no-store, max-age=60", null, 200, 3)]
    [InlineData("/assets/app.js", "max-age=60, private", null, 200, 3)]
    [InlineData("/assets/app.js", Immutable, null, 404, 3)]
    [InlineData("/v1/models", Immutable, null, 200, 3)]
    public async Task Answer_IsKept_IfItIsAnAssetAndTheReplicaAllowsIt(string path, string? cacheControl, string? vary, int status, int asked)
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.CacheControl = cacheControl;
            context.Response.Headers.Vary = vary;
            context.Response.Headers["x-request-id"] = context.Request.Headers["x-request-id"];
            context.Response.ContentType = "text/javascript";
            return context.Response.WriteAsync("code", context.RequestAborted);
        });
        await using var edge = new ProxyFactory([replica.Address]);

        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "x-request-id", $"request-{i}" } } };
            using var response = await edge.Client.SendAsync(request, Cancelled);

            ((int)response.StatusCode).ShouldBe(status);
            (await response.Content.ReadAsStringAsync(Cancelled)).ShouldBe("code");
            (response.Headers.TryGetValues("Cache-Control", out var sent) ? sent.Single().Replace(" ", "", StringComparison.Ordinal) : null)
                .ShouldBe(cacheControl?.Replace(" ", "", StringComparison.Ordinal));
            response.Headers.GetValues("x-request-id").ShouldBe([$"request-{i}"]);
            response.Content.Headers.ContentType?.MediaType.ShouldBe("text/javascript");
        }

        replica.ConnectionOfRequest.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task Encodings_AndQueries_AreKeptApart()
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers.CacheControl = Immutable;
            context.Response.Headers.Vary = "Accept-Encoding";
            return context.Response.WriteAsync($"{context.Request.Headers.AcceptEncoding}{context.Request.QueryString}", context.RequestAborted);
        });
        await using var edge = new ProxyFactory([replica.Address]);
        async Task<string> GetAsync(string? encoding, string query)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/assets/a.css{query}");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
            using var response = await edge.Client.SendAsync(request, Cancelled);
            return await response.Content.ReadAsStringAsync(Cancelled);
        }

        for (var i = 0; i < 2; i++)
        {
            (await GetAsync("gzip", "")).ShouldBe("gzip");
            (await GetAsync("br", "")).ShouldBe("br");
            (await GetAsync(null, "")).ShouldBe("");
            (await GetAsync(null, "?v=1")).ShouldBe("?v=1");
        }

        replica.ConnectionOfRequest.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Asset_ManyAskForItAtOnce_IsAskedForOnce()
    {
        var goOn = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            await goOn.Task.WaitAsync(context.RequestAborted);
            context.Response.Headers.CacheControl = Immutable;
            await context.Response.WriteAsync("code", context.RequestAborted);
        });
        await using var edge = new ProxyFactory([replica.Address]);

        var answers = Enumerable.Range(0, 20).Select(_ => edge.Client.GetStringAsync("/assets/app.js", Cancelled)).ToList();
        await Eventually.IsTrue(() => replica.ConnectionOfRequest.Count > 0, Patience.Limit, "it is asked for", Cancelled);
        goOn.SetResult();

        (await Task.WhenAll(answers)).ShouldAllBe(answer => answer == "code");
        replica.ConnectionOfRequest.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Asset_CutOnItsWay_IsNotKept()
    {
        await using var replica = new ReplicaSocket(async (connection, before) =>
        {
            await ReplicaSocket.SendAsync(
                connection, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ncode\r\n{(before > 0 ? "0\r\n\r\n" : "")}");
            if (before == 0)
            {
                await ReplicaSocket.CloseAsync(connection);
            }
        });
        await using var edge = new ProxyFactory([replica.Address]);

        await Should.ThrowAsync<HttpRequestException>(edge.Client.GetStringAsync("/assets/app.js", Cancelled));
        (await edge.Client.GetStringAsync("/assets/app.js", Cancelled)).ShouldBe("code");
        (await edge.Client.GetStringAsync("/assets/app.js", Cancelled)).ShouldBe("code");

        replica.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Validators_AreObeyedAndPartsPassedOn()
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers.CacheControl = Immutable;
            context.Response.Headers.ETag = "\"1\"";
            context.Response.StatusCode = context.Request.Headers.Range.Count > 0 ? 206 : 200;
            return context.Response.WriteAsync(context.Request.Headers.Range.Count > 0 ? "co" : "code", context.RequestAborted);
        });
        await using var edge = new ProxyFactory([replica.Address]);
        async Task<HttpStatusCode> StatusAsync(string name, string value)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/app.js") { Headers = { { name, value } } };
            using var response = await edge.Client.SendAsync(request, Cancelled);
            return response.StatusCode;
        }

        (await StatusAsync("Accept", "*/*")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync("If-None-Match", "\"1\"")).ShouldBe(HttpStatusCode.NotModified);
        (await StatusAsync("If-None-Match", "\"2\"")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync("Range", "bytes=0-1")).ShouldBe(HttpStatusCode.PartialContent);
        (await StatusAsync("Accept", "*/*")).ShouldBe(HttpStatusCode.OK);
        replica.ConnectionOfRequest.Count.ShouldBe(2);
    }
}
