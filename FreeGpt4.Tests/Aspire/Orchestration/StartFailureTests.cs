using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Orchestration;

/// <summary>What is wrong with a model is said before anything is started.</summary>
public sealed class StartFailureTests
{
    private readonly IDistributedApplicationBuilder _builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parameter_WithoutValue_StopsTheStartWhereNobodyCanBeAsked()
    {
        _builder.AddParameter("admin-key", secret: true);

        (await FailureAsync()).Message.ShouldBe(
            "Parameter 'admin-key' has no value: set the configuration key 'Parameters:admin-key' (environment: Parameters__admin-key).");
    }

    [Fact]
    public async Task Port_InUse_IsNamedWithWhoWantsIt()
    {
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        var port = ((IPEndPoint)occupied.LocalEndpoint).Port;
        _builder.AddExecutable("server", "sleep", ".", "1000").WithHttpEndpoint(port: port);

        (await FailureAsync()).Message.ShouldBe(
            $"Port {port}, wanted by the endpoint 'http' of 'server', is in use by another process: stop that process or choose another port.");
    }

    [Fact]
    public async Task Port_WantedTwice_IsNamedWithBoth()
    {
        var port = FreePorts.Next();
        _builder.AddExecutable("first", "sleep", ".", "1000").WithHttpEndpoint(port: port);
        _builder.AddExecutable("second", "sleep", ".", "1000").WithHttpEndpoint(port: port);

        (await FailureAsync()).Message.ShouldBe(
            $"Port {port} is wanted by the endpoint 'http' of 'first' and by the endpoint 'http' of 'second': give one of them another.");
    }

    private async Task<DistributedApplicationException> FailureAsync()
    {
        await using var application = _builder.Build();
        return await Should.ThrowAsync<DistributedApplicationException>(() => application.StartAsync(Cancelled));
    }
}
