using FreeGpt4.Proxy.BodyLimit;
using FreeGpt4.Proxy.Errors;
using FreeGpt4.Proxy.Forwarding;
using FreeGpt4.Proxy.Listening;
using FreeGpt4.Proxy.RequestIds;
using FreeGpt4.Proxy.Settings;
using FreeGpt4.ServiceDefaults;
using FreeGpt4.ServiceDefaults.Settings;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddEdgeOptions();
builder.AddListener();
builder.AddForwarding();

return await builder.RunServiceAsync(app =>
{
    // Order matters: every answer carries a request id, errors included, and errors are written by one middleware around the rest.
    app.UseRequestIds();
    app.UseBodyLimit();
    app.UseEdgeErrors();
    app.UseRouting();

    app.MapDefaultEndpoints();
    app.MapForwarding();
});
