using System.Diagnostics;

namespace FreeGpt4.Bench.Targets;

/// <summary>nginx, as the edge of the cluster or as a bare proxy.</summary>
internal static class NginxTarget
{
    private static readonly string Templates = Path.Combine(Services.Repository, "nginx");

    /// <summary>The templates of <c>nginx/</c>, without limits.</summary>
    public static Task<ServerProcess> StartAsync(string program, Uri upstream, CancellationToken cancellationToken, params (string Name, string Value)[] settings) =>
        ServerProcess.StartAsync(
            port =>
            {
                var start = Script(program, port);
                start.Environment["UPSTREAM"] = upstream.Authority;
                foreach (var (name, value) in settings)
                {
                    start.Environment[name] = value;
                }

                return start;
            },
            "/health",
            cancellationToken);

    /// <summary>nginx with nothing but a route: what forwarding alone costs in C.</summary>
    public static Task<ServerProcess> StartAloneAsync(string program, Uri upstream, string folder, CancellationToken cancellationToken) =>
        ServerProcess.StartAsync(
            port =>
            {
                var configuration = Path.Combine(folder, "nginx.conf");
                File.WriteAllText(configuration, $$"""
                    daemon off;
                    worker_processes auto;
                    pid {{folder}}/nginx.pid;
                    error_log stderr error;
                    events { worker_connections 16384; }
                    http {
                        access_log off;
                        client_body_temp_path {{folder}}/body;
                        proxy_temp_path {{folder}}/proxy;
                        fastcgi_temp_path {{folder}}/fastcgi;
                        uwsgi_temp_path {{folder}}/uwsgi;
                        scgi_temp_path {{folder}}/scgi;
                        upstream all { server {{upstream.Authority}}; keepalive 32; }
                        server {
                            listen 127.0.0.1:{{port}};
                            keepalive_requests 1000000;
                            location / {
                                proxy_pass http://all;
                                proxy_http_version 1.1;
                                proxy_set_header Connection "";
                                proxy_buffering off;
                                proxy_read_timeout 600s;
                            }
                        }
                    }
                    """);
                return new(program, ["-e", "stderr", "-c", configuration]);
            },
            "/health",
            cancellationToken);

    private static ProcessStartInfo Script(string program, int port) =>
        new("sh", ["run.sh", program, Path.Combine(Path.GetTempPath(), $"freegpt4-bench-{Guid.NewGuid():N}")])
        {
            WorkingDirectory = Templates,
            Environment = { ["EDGE_PORT"] = $"{port}", ["RATE_LIMIT_API"] = "off", ["RATE_LIMIT_SETTINGS"] = "off" },
        };
}
