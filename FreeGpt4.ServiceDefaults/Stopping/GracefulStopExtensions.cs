using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FreeGpt4.ServiceDefaults.Stopping;

internal static class GracefulStopExtensions
{
    public static void AddGracefulStop(this IHostApplicationBuilder builder)
    {
        var times = StopTimes.For(builder.Environment);
        builder.Services.AddSingleton(times);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = times.Requests);
        builder.Services.AddSingleton<ListenSockets>();
        builder.Services.AddOptions<SocketTransportOptions>()
            .Configure<ListenSockets>((transport, sockets) => transport.CreateBoundListenSocket = sockets.Bind);
        builder.Services.AddSingleton<Drain>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Drain>());
        builder.Services.AddSingleton<IStartupFilter>(services => services.GetRequiredService<Drain>());
        builder.Services.AddHealthChecks().AddCheck<Drain>("stopping");
    }
}
