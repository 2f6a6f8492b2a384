using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.Users;

namespace FreeGpt4.LlmApi.ModelCatalog;

/// <summary>The provider that the request under way names in a header, on whatever route it came, and what its sender has chosen for all.</summary>
internal sealed class RequestedProvider(IHttpContextAccessor http)
{
    /// <summary><c>null</c> when it leaves the choice to us.</summary>
    public string? Name => http.HttpContext?.Request.Headers[RouteHeaders.Provider].ToString().Trim() is { Length: > 0 } name
        && !ModelAliases.IsAuto(name) ? name : null;

    public Caller Caller => http.HttpContext is { } context ? Caller.Of(context) : Caller.Anonymous;
}
