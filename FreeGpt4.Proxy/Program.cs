using FreeGpt4.Proxy.AccessLog;
using FreeGpt4.Proxy.Assets;
using FreeGpt4.Proxy.BodyLimit;
using FreeGpt4.Proxy.ClientAddress;
using FreeGpt4.Proxy.Cors;
using FreeGpt4.Proxy.Errors;
using FreeGpt4.Proxy.Forwarding;
using FreeGpt4.Proxy.HeadLimits;
using FreeGpt4.Proxy.Listening;
using FreeGpt4.Proxy.Metrics;
using FreeGpt4.Proxy.RateLimits;
using FreeGpt4.Proxy.RequestIds;
using FreeGpt4.Proxy.Settings;
using FreeGpt4.ServiceDefaults;
using FreeGpt4.ServiceDefaults.SelfChecks;
using FreeGpt4.ServiceDefaults.Settings;

if (SelfCheck.IsAskedFor(args))
{
    return await SelfCheck.RunAsync(args);
}

var builder = ServiceBuilder.Create(args);

builder.AddServiceDefaults();
builder.AddEdgeOptions();
builder.AddMetricsAndTraces();
builder.AddLogFiles();
builder.AddListener();
builder.AddApiCors();
builder.AddRateLimits();
builder.AddAssetCache();
builder.AddForwarding();

return await builder.RunServiceAsync(app =>
{
    // Order matters. Every answer carries a request id, and whoever logs, limits or balances by address needs the client's.
    app.UseRequestIds();
    app.UseClientAddress();
    app.UseAccessLog();
    // Whatever refuses a request below only sets the status: one middleware around the rest writes all errors.
    app.UseEdgeErrors();
    app.UseTlsRedirect();
    // Around whatever refuses: a web page may read an error, too. Preflights end here, so they are not counted.
    app.UseApiCors();
    app.UseHeadLimits();
    app.UseRateLimiter();
    app.UseBodyLimit();
    app.UseAssetCache();
    app.UseRouting();

    app.MapDefaultEndpoints();
    app.MapForwarding();
});
