namespace Aspire.Hosting.ApplicationModel;

/// <summary>A command that is a request to an endpoint of the resource.</summary>
public class HttpCommandOptions : CommandOptions
{
    /// <summary>By default POST.</summary>
    public HttpMethod? Method { get; set; }

    /// <summary>Which client of the application's <see cref="IHttpClientFactory"/> sends it; by default one that waits as long as it takes.</summary>
    public string? HttpClientName { get; set; }

    public Func<EndpointReference>? EndpointSelector { get; set; }

    /// <summary>Adds to the request, such as a body.</summary>
    public Func<HttpCommandRequestContext, Task>? PrepareRequest { get; set; }

    /// <summary>What to make of the response; by default a status from 200 to 299 is a success.</summary>
    public Func<HttpCommandResultContext, Task<ExecuteCommandResult>>? GetCommandResult { get; set; }

    /// <summary>Whether the body of the response is the result of the command.</summary>
    public HttpCommandResultMode ResultMode { get; set; }
}

public enum HttpCommandResultMode
{
    None = 0,

    /// <summary>JSON or text, by the content type of the response.</summary>
    Auto = 1,
    Json = 2,
    Text = 3,
}

public sealed class HttpCommandRequestContext
{
    public required IServiceProvider ServiceProvider { get; init; }

    /// <summary>The instance that the command was given to.</summary>
    public required string ResourceName { get; init; }

    public required EndpointReference Endpoint { get; init; }

    public required HttpClient HttpClient { get; init; }

    public required HttpRequestMessage Request { get; init; }

    public required CancellationToken CancellationToken { get; init; }
}

public sealed class HttpCommandResultContext
{
    public required IServiceProvider ServiceProvider { get; init; }

    /// <summary>The instance that the command was given to.</summary>
    public required string ResourceName { get; init; }

    public required EndpointReference Endpoint { get; init; }

    public required HttpClient HttpClient { get; init; }

    public required HttpResponseMessage Response { get; init; }

    public required CancellationToken CancellationToken { get; init; }
}
