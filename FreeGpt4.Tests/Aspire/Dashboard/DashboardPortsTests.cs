using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>The ports of the dashboard when others want them, too.</summary>
public sealed class DashboardPortsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ports_OfItsOwnChoice_TakenBeforeItStarts_AreNoneThatItNeeds()
    {
        var builder = DistributedApplication.CreateBuilder(
            new DistributedApplicationOptions { AssemblyName = typeof(Projects.FreeGpt4_AppHost).Assembly.GetName().Name, AllowUnsecuredTransport = true });
        var taken = new List<TcpListener>();
        builder.Eventing.Subscribe<BeforeStartEvent>((starting, _) =>
        {
            foreach (var port in starting.Model.Resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>()).Select(e => e.Port).OfType<int>())
            {
                taken.Add(new TcpListener(IPAddress.Loopback, port));
                taken[^1].Start();
            }

            return Task.CompletedTask;
        });
        await using var application = builder.Build();

        await application.StartAsync(Cancelled);
        await application.ResourceNotifications.WaitForResourceHealthyAsync(DashboardResource.Name, Cancelled);

        using var client = new HttpClient();
        using var page = await client.GetAsync(application.Services.GetRequiredService<DashboardSettings>().LoginUrl, Cancelled);
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        taken.ForEach(listener => listener.Dispose());
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL")]
    public async Task Port_ThatWasNamed_InUse_StopsTheStartWithOneLineThatSaysHowToNameAnother(string setting)
    {
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        var port = ((IPEndPoint)occupied.LocalEndpoint).Port;

        await using var appHost = AppHostProcess.Start(("DASHBOARD", "true"), ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"), (setting, $"http://localhost:{port}"));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);
        appHost.Output.ShouldBe(
            $"error: Port {port}, wanted by {setting}, is in use by another process: stop that process, or start with the argument --{setting}=http://localhost:… and another port.");
    }
}
