using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    private const string Immutable = "public, max-age=31536000, immutable";

    [Fact]
    public async Task Asset_ThatReplicaDeclaresCacheable_IsKeptAtEdge()
    {
        var asked = new ConcurrentQueue<string>();
        await using var replica = await Replica.StartAsync(context => AssetAsync(context, asked, Immutable));
        await using var edge = await Program.StartAsync(replica.Address);

        var ids = new HashSet<string?>();
        for (var time = 0; time < 3; time++)
        {
            using var response = await edge.Client.GetAsync("/assets/app.3f2a.js", Cancelled);

            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await response.Content.ReadAsStringAsync(Cancelled)).ShouldBe("1 of /assets/app.3f2a.js");
            response.Headers.GetValues("Cache-Control").SelectMany(value => value.Split(", ")).ShouldBe(Immutable.Split(", "), ignoreOrder: true);
            response.Headers.ETag.ShouldBe(new EntityTagHeaderValue("\"1\""));
            response.Content.Headers.ContentType.ShouldBe(new MediaTypeHeaderValue("text/javascript"));
            ids.Add(Header(response, RequestId));
        }

        ids.Count.ShouldBe(3);
        asked.ShouldBe(["/assets/app.3f2a.js"]);

        // Another file, and the same with another query, are not this one.
        (await edge.Client.GetStringAsync("/assets/app.3f2a.js?v=2", Cancelled)).ShouldStartWith("2 of");
        (await edge.Client.GetStringAsync("/assets/app.3f2a.css", Cancelled)).ShouldStartWith("3 of");
        using var head = await edge.Client.SendAsync(new(HttpMethod.Head, "/assets/app.3f2a.js"), Cancelled);
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await head.Content.ReadAsByteArrayAsync(Cancelled)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Asset_InSeveralEncodings_IsKeptInEach()
    {
        var asked = new ConcurrentQueue<string>();
        await using var replica = await Replica.StartAsync(context =>
        {
            var encoding = context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal) ? "br" : "identity";
            if (encoding == "br")
            {
                context.Response.Headers.ContentEncoding = encoding;
            }

            context.Response.Headers.Vary = "Accept-Encoding";
            asked.Enqueue(encoding);
            return AssetAsync(context, [], Immutable, encoding);
        });
        await using var edge = await Program.StartAsync(replica.Address);

        foreach (var encoding in (string[])["br", "", "br", "", "br"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/app.js");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
            using var response = await edge.Client.SendAsync(request, Cancelled);

            var expected = encoding.Length == 0 ? "identity" : encoding;
            (await response.Content.ReadAsStringAsync(Cancelled)).ShouldBe(expected);
            response.Content.Headers.ContentEncoding.ShouldBe(encoding.Length == 0 ? [] : [encoding]);
            List(response, "vary").ShouldContain("accept-encoding");
        }

        asked.ShouldBe(["br", "identity"]);
    }

    [Fact]
    public async Task Answer_ThatMayNotBeKept_IsAskedForEachTime()
    {
        var asked = new ConcurrentQueue<string>();
        await using var replica = await Replica.StartAsync(async context =>
        {
            var name = context.Request.Path.Value!;
            context.Response.StatusCode = name.Contains("404") ? 404 : name.Contains("503") ? 503 : 200;
            context.Response.Headers.SetCookie = name.Contains("cookie") ? "a=b" : default;
            context.Response.Headers.Vary = name.Contains("vary") ? "*" : default;
            await AssetAsync(context, asked, name switch
            {
                _ when name.Contains("undeclared") => null,
                _ when name.Contains("no-store") => "no-store",
                _ when name.Contains("no-cache") => "no-cache",
                _ when name.Contains("private") => "private, max-age=1000",
                _ when name.Contains("max-age-0") => "public, max-age=0",
                _ => Immutable,
            });
        });
        await using var edge = await Program.StartAsync(replica.Address, ("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", "off"));

        foreach (var path in (string[])[
            "/assets/undeclared", "/assets/no-store", "/assets/no-cache", "/assets/private", "/assets/max-age-0", "/assets/404", "/assets/503",
            "/assets/cookie", "/assets/vary", "/v1/models", "/?text=hi", "/", "/models", "/settings", "/api/assets/x", "/assetsx"])
        {
            asked.Clear();
            for (var time = 1; time <= 2; time++)
            {
                using var response = await edge.Client.GetAsync(path, Cancelled);
                (await response.Content.ReadAsStringAsync(Cancelled)).ShouldBe($"{time} of {new Uri(edge.Client.BaseAddress!, path).AbsolutePath}", path);
            }
        }

        asked.Clear();
        using var posted = await edge.Client.PostAsync("/assets/posted", null, Cancelled);
        using var postedAgain = await edge.Client.PostAsync("/assets/posted", null, Cancelled);
        asked.Count.ShouldBe(2);

        // A path that only looks like an asset's.
        asked.Clear();
        foreach (var target in (string[])["/assets/../v1/models", "/assets/%2e%2e/v1/models"])
        {
            (await edge.AskFromAsync(OneClient, target)).Status.ShouldBe(200);
            (await edge.AskFromAsync(OneClient, target)).Status.ShouldBe(200);
        }

        asked.ShouldBe(["/v1/models", "/v1/models", "/v1/models", "/v1/models"]);
    }

    [Fact]
    public async Task Asset_FirstAskedForInPart_IsStillWholeForOthers()
    {
        await using var replica = await Replica.StartAsync(async context =>
        {
            if (context.Request.Headers.IfNoneMatch == "\"1\"")
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                context.Response.Headers.CacheControl = Immutable;
                context.Response.Headers.ETag = "\"1\"";
            }
            else if (context.Request.Headers.Range == "bytes=0-3")
            {
                context.Response.StatusCode = StatusCodes.Status206PartialContent;
                context.Response.Headers.ContentRange = "bytes 0-3/5";
                await AssetAsync(context, [], Immutable, "whol");
            }
            else
            {
                await AssetAsync(context, [], Immutable, "whole");
            }
        });
        await using var edge = await Program.StartAsync(replica.Address);

        await AskAsync("/assets/head", HttpMethod.Head);
        (await edge.Client.GetStringAsync("/assets/head", Cancelled)).ShouldBe("whole");
        await AskAsync("/assets/range", HttpMethod.Get, ("Range", "bytes=0-3"));
        (await edge.Client.GetStringAsync("/assets/range", Cancelled)).ShouldBe("whole");
        await AskAsync("/assets/match", HttpMethod.Get, ("If-None-Match", "\"1\""));
        (await edge.Client.GetStringAsync("/assets/match", Cancelled)).ShouldBe("whole");

        async Task AskAsync(string path, HttpMethod method, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, path);
            foreach (var (name, value) in headers)
            {
                request.Headers.Add(name, value);
            }

            using var response = await edge.Client.SendAsync(request, Cancelled);
            ((int)response.StatusCode).ShouldBeLessThan(400);
        }
    }

    [Fact]
    public async Task Asset_AskedForByManyAtOnce_IsAskedForOnce()
    {
        const int Many = 20;
        var asked = new ConcurrentQueue<string>();
        var goOn = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            asked.Enqueue(context.Request.Path!);
            await goOn.Task.WaitAsync(context.RequestAborted);
            await AssetAsync(context, [], context.Request.Path.Value!.Contains("kept") ? Immutable : "no-store", "whole");
        });
        await using var edge = await Program.StartAsync(replica.Address);

        var kept = Enumerable.Range(0, Many).Select(_ => edge.Client.GetStringAsync("/assets/kept", Cancelled)).ToArray();
        var others = Enumerable.Range(0, Many).Select(_ => edge.Client.GetStringAsync("/assets/other", Cancelled)).ToArray();
        await Eventually.IsTrue(() => asked.Distinct().Count() == 2, Patience.Limit, "the replica is asked for both", Cancelled);
        goOn.SetResult();

        // Those who waited for what turns out not to be kept get it all the same.
        (await Task.WhenAll([.. kept, .. others])).ShouldAllBe(text => text == "whole");
        asked.Count(path => path == "/assets/kept").ShouldBe(1);
    }

    [Fact]
    public async Task Asset_TooOld_IsAskedForAgain()
    {
        var asked = new ConcurrentQueue<string>();
        await using var replica = await Replica.StartAsync(context => AssetAsync(context, asked, "public, max-age=1"));
        await using var edge = await Program.StartAsync(replica.Address);

        (await edge.Client.GetStringAsync("/assets/app.js", Cancelled)).ShouldStartWith("1 of");

        await Eventually.IsTrue(
            async () => (await edge.Client.GetStringAsync("/assets/app.js", Cancelled)).StartsWith("2 of", StringComparison.Ordinal),
            Patience.Limit / 6, "an asset that is good for a second is asked for again", Cancelled);
    }

    private static async Task AssetAsync(HttpContext context, ConcurrentQueue<string> asked, string? cacheControl, string? body = null)
    {
        asked.Enqueue(context.Request.Path!);
        body ??= $"{asked.Count} of {context.Request.Path}";
        context.Response.Headers.CacheControl = cacheControl;
        context.Response.Headers.ETag = "\"1\"";
        context.Response.Headers[RequestId] = context.Request.Headers[RequestId];
        context.Response.ContentType = "text/javascript";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.WriteAsync(body, context.RequestAborted);
        }
    }
}
