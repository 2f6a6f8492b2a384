using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    [Theory(Timeout = Limit)]
    [InlineData("POST", "/v1/chat/completions?a=1&b=%20x", "{\"model\":\"m\"}")]
    [InlineData("PUT", "/api/settings", "x")]
    [InlineData("PATCH", "/any/%2Fencoded", "x")]
    [InlineData("DELETE", "/v1/files/1", null)]
    [InlineData("GET", "/?text=hi%20there", null)]
    [InlineData("OPTIONS", "/v1/models", null)]
    public async Task Request_OfAnyMethod_ReachesReplicaAsItWasSent(string method, string path, string? body)
    {
        await using var replica = await Replica.StartAsync(async context =>
        {
            var request = context.Request;
            var received = await new StreamReader(request.Body).ReadToEndAsync(context.RequestAborted);
            await context.Response.WriteAsync(
                $"{request.Method} {request.GetEncodedPathAndQuery()} {request.Headers.Authorization} "
                + $"{request.Headers["x-custom"]} {received}",
                context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address);
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Content = body is null ? null : new StringContent(body),
            Headers = { { "Authorization", "Bearer k" }, { "x-custom", "kept" } },
        };

        using var response = await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);

        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe($"{method} {path} Bearer k kept {body}");
    }

    [Fact(Timeout = Limit)]
    public async Task Request_Forwarded_TellsReplicaHostAndTrueClient()
    {
        await using var replica = await Replica.StartAsync(context =>
            context.Response.WriteAsync(
                $"{context.Request.Host.Host} {context.Request.Headers["X-Forwarded-For"]}", context.RequestAborted));
        await using var edge = await StartAsync(replica.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "llm.example" } };
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");

        using var response = await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);

        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("llm.example 127.0.0.1");
    }

    [Theory(Timeout = Limit)]
    [InlineData(503, "{\"error\":{\"message\":\"nobody can answer\"}}")]
    [InlineData(502, "from the replica")]
    [InlineData(429, "slow down")]
    [InlineData(404, "")]
    [InlineData(200, "fine")]
    public async Task Answer_OfReplica_IsPassedOnWhateverItsStatus(int status, string body)
    {
        await using var replica = await Replica.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["x-freegpt4-replica"] = "r1";
            context.Response.Headers.RetryAfter = "7";
            context.Response.Headers.Server = "of-the-replica";
            context.Response.Headers.ContentType = "text/x-own";
            await context.Response.WriteAsync(body, context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address);

        using var response = await edge.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(body);
        response.Headers.GetValues("x-freegpt4-replica").ShouldBe(["r1"]);
        response.Headers.GetValues("Retry-After").ShouldBe(["7"]);
        response.Content.Headers.ContentType.ShouldBe(new MediaTypeHeaderValue("text/x-own"));
        response.Headers.Contains("x-should-retry").ShouldBeFalse();
        response.Headers.Server.ShouldAllBe(server => server.Product!.Version == null && server.Product.Name != "of-the-replica");
        replica.ConnectionOfRequest.Count.ShouldBe(1);
    }

    [Fact(Timeout = Limit)]
    public async Task Stream_FirstChunk_ArrivesBeforeReplicaHasFinished()
    {
        var firstChunkRead = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            await firstChunkRead.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { AcceptEncoding = { new("gzip") } } };

        using var response = await edge.Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var first = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        firstChunkRead.SetResult();

        response.Content.Headers.ContentEncoding.ShouldBeEmpty();
        first.ShouldBe("data: 1");
        (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("\ndata: [DONE]\n\n");
    }

    [Fact(Timeout = Limit)]
    public async Task Body_FirstPart_ReachesReplicaBeforeClientHasSentTheRest()
    {
        // More than any write buffer on its way.
        var first = new string('f', 64 << 10);
        var begun = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1], context.RequestAborted);
            begun.SetResult();
            var rest = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted);
            context.Response.ContentLength = 4;
            await context.Response.WriteAsync(rest[^4..], context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address);
        using var client = await RawClient.ConnectAsync(edge.Port);

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {first.Length + 4}\r\n\r\n{first}");
        await begun.Task.WaitAsync(TestContext.Current.CancellationToken);
        await client.SendAsync("rest");

        (await client.ReceiveAsync()).Body.ShouldBe("rest");
    }

    [Fact(Timeout = Limit)]
    public async Task Stream_ClientLeaves_CancelsRequestAtReplica()
    {
        var cancelled = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            context.RequestAborted.Register(cancelled.SetResult);
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            await cancelled.Task;
        });
        await using var edge = await StartAsync(replica.Address);

        using (var response = await edge.Client.GetAsync(
            "/", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await cancelled.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Theory(Timeout = Limit)]
    [InlineData("utf-8")]
    [InlineData("latin1")]
    public async Task Header_OfAnyEncoding_PassesBothWays(string encodingName)
    {
        const string Value = "caf\u00e9";
        var encoding = Encoding.GetEncoding(encodingName);
        await using var replica = new ReplicaSocket((connection, _) => connection.SendAsync(
            encoding.GetBytes($"HTTP/1.1 200 OK\r\nx-title: {Value}\r\nContent-Length: 0\r\n\r\n")));
        await using var edge = await StartAsync(replica.Address);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            RequestHeaderEncodingSelector = (_, _) => encoding,
            ResponseHeaderEncodingSelector = (_, _) => encoding,
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, edge.Client.BaseAddress) { Headers = { { "x-title", Value } } };

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        response.Headers.GetValues("x-title").ShouldBe([Value]);
        encoding.GetString(Encoding.Latin1.GetBytes(replica.Requests.Single())).ShouldContain($"x-title: {Value}\r\n");
    }
}
