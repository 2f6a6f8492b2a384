using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.Users;

namespace FreeGpt4.LlmApi.ModelCatalog;

/// <summary>Whom the request under way asks, on whatever route it came: by a header, else by what its user has in place of the settings.</summary>
internal sealed class RequestedProvider(IHttpContextAccessor http)
{
    /// <summary><c>null</c> when it leaves the choice to us.</summary>
    public string? Name => http.HttpContext?.Request.Headers[RouteHeaders.Provider].ToString().Trim() is { Length: > 0 } name
        && !ModelAliases.IsAuto(name) ? name : null;

    /// <summary>Whom the user has asked first.</summary>
    public string? Preferred => http.HttpContext is { } context ? Caller.Of(context).Provider : null;

    /// <summary>What the user has for <c>auto</c>.</summary>
    public string? Model => http.HttpContext is { } context ? Caller.Of(context).Model : null;
}
