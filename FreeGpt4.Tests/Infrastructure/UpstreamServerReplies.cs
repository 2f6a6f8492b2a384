using System.Text;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>What an <see cref="UpstreamServer"/> can do with a request.</summary>
internal static class UpstreamServerReplies
{
    public static byte[] Bundle(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Bundles", name));

    public static string BundleText(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Bundles", name));

    public static RequestDelegate Json(string bundle) => Body("application/json", Bundle(bundle));

    public static RequestDelegate Events(string bundle) => Body("text/event-stream", Bundle(bundle));

    public static RequestDelegate EventText(string events) => Body("text/event-stream", Encoding.UTF8.GetBytes(events));

    public static RequestDelegate Body(string contentType, byte[] body) => async context =>
    {
        context.Response.ContentType = contentType;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    };

    public static RequestDelegate Status(int status, string body, params (string Name, string Value)[] headers) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        await context.Response.WriteAsync(body, context.RequestAborted);
    };

    /// <summary>Every byte in a packet of its own: no character and no line arrives whole.</summary>
    public static RequestDelegate EventsBytewise(string bundle) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var value in Bundle(bundle))
        {
            await context.Response.Body.WriteAsync(new[] { value }, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    };

    /// <summary>
    /// The recorded part, and once the signal says that it was read the connection is reset. A reset overtakes what is still
    /// under way.
    /// </summary>
    public static RequestDelegate EventsThenReset(byte[] events, Task wasRead) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.WriteAsync(events, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await wasRead.WaitAsync(context.RequestAborted);
        context.Abort();
    };

    /// <summary>The recorded part, and then silence until the caller gives up.</summary>
    public static RequestDelegate EventsThenStall(string bundle) => async context =>
    {
        await SendAsync(context, bundle);
        await GoneAsync(context);
    };

    public static RequestDelegate Stall() => GoneAsync;

    public static RequestDelegate Reset() => context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    public static async Task SendAsync(HttpContext context, string bundle)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.WriteAsync(Bundle(bundle), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Ends when the caller has closed the connection.</summary>
    public static async Task GoneAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using (context.RequestAborted.Register(gone.SetResult))
        {
            await gone.Task;
        }
    }
}
