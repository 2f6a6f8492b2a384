using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dashboard;

/// <summary>The Aspire dashboard as a hidden resource, run like any other executable.</summary>
internal static class DashboardResource
{
    public const string Name = "aspire-dashboard";

    /// <param name="resourceServiceUrl">Where the AppHost tells of its resources.</param>
    public static ExecutableResource Create(string program, DashboardSettings settings, string resourceServiceUrl)
    {
        var dashboard = new ExecutableResource(Name, program, Path.GetDirectoryName(program)!);
        dashboard.Annotations.Add(new ResourceSnapshotAnnotation(new() { ResourceType = "Executable", Properties = [], IsHidden = true }));
        dashboard.Annotations.Add(settings.Frontend);
        dashboard.Annotations.Add(settings.Otlp);
        dashboard.Annotations.Add(new HttpHealthCheckAnnotation(dashboard, "/login", statusCode: 200, settings.Frontend.Name));
        dashboard.Annotations.Add(new CommandLineArgsCallbackAnnotation(context =>
        {
            context.Args.Add("dashboard");
            return Task.CompletedTask;
        }));
        dashboard.Annotations.Add(new EnvironmentCallbackAnnotation(context =>
        {
            var variables = context.EnvironmentVariables;
            variables["ASPNETCORE_ENVIRONMENT"] = "Production";
            variables["ASPNETCORE_URLS"] = settings.Url;
            variables["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = settings.OtlpUrl;
            variables["ASPIRE_DASHBOARD_API_ENABLED"] = "true";
            variables["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = resourceServiceUrl;
            variables["DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE"] = "ApiKey";
            variables["DASHBOARD__RESOURCESERVICECLIENT__APIKEY"] = settings.ResourceServiceApiKey;
            variables["DASHBOARD__APPLICATIONNAME"] = settings.ApplicationName;
            variables["DASHBOARD__FRONTEND__PUBLICURL"] = settings.Url;
            variables["DASHBOARD__FRONTEND__AUTHMODE"] = "BrowserToken";
            variables["DASHBOARD__FRONTEND__BROWSERTOKEN"] = settings.BrowserToken;
            variables["DASHBOARD__OTLP__AUTHMODE"] = "ApiKey";
            variables["DASHBOARD__OTLP__PRIMARYAPIKEY"] = settings.OtlpApiKey;
            variables["DASHBOARD__API__AUTHMODE"] = "ApiKey";
            variables["DASHBOARD__API__PRIMARYAPIKEY"] = settings.ApiKey;
        }));

        return dashboard;
    }
}
