using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// DCP's API. Every method throws <see cref="DcpException"/> when DCP refuses or does not answer. Safe for use by many at once.
/// </summary>
internal sealed partial class DcpClient : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DeletionPollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly MediaTypeHeaderValue MergePatch = new("application/merge-patch+json");

    private readonly DcpKubeconfig _config;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _gone;

    /// <param name="config">How to reach DCP.</param>
    /// <param name="gone">Cancelled when DCP is gone, which ends watches and logs.</param>
    public DcpClient(DcpKubeconfig config, TimeProvider time, ILogger logger, CancellationToken gone)
    {
        _config = config;
        _time = time;
        _logger = logger;
        _gone = gone;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { config.Authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                },
            },
        })
        {
            BaseAddress = config.Server,
            // Watches and logs last as long as DCP; other requests have AnswerTime.
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestHeaders = { Authorization = new("Bearer", config.Token) },
        };
    }

    public void Dispose() => _http.Dispose();

    /// <returns>The object as DCP has it, with its uid.</returns>
    /// <exception cref="DcpException">Reason <c>AlreadyExists</c>: there is one of this kind and name.</exception>
    public async Task<T> CreateAsync<T>(T resource, CancellationToken cancellationToken) where T : DcpResource, IDcpResource
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path<T>())
        {
            Content = JsonContent.Create(resource, DcpJsonContext.For<T>()),
        };
        return await SendAsync(request, $"create {Label<T>(resource.Metadata.Name)}", DcpJsonContext.For<T>(), cancellationToken);
    }

    /// <returns><see langword="null"/> when there is none of that name.</returns>
    public async Task<T?> GetAsync<T>(string name, CancellationToken cancellationToken) where T : DcpResource, IDcpResource
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path<T>(name));
        try
        {
            return await SendAsync(request, $"show {Label<T>(name)}", DcpJsonContext.For<T>(), cancellationToken);
        }
        catch (DcpException exception) when (exception.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<IReadOnlyList<T>> ListAsync<T>(CancellationToken cancellationToken) where T : DcpResource, IDcpResource
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path<T>());
        var list = await SendAsync(request, $"list {T.Definition.Plural}", DcpJsonContext.For<DcpList<T>>(), cancellationToken);
        return list.Items;
    }

    /// <param name="patch">A merge patch (RFC 7396): <c>{"spec":{"stop":true}}</c>.</param>
    /// <returns>The object as patched.</returns>
    public async Task<T> PatchAsync<T>(string name, JsonObject patch, CancellationToken cancellationToken)
        where T : DcpResource, IDcpResource
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, Path<T>(name))
        {
            Content = JsonContent.Create(patch, DcpJsonContext.Default.JsonObject, MergePatch),
        };
        return await SendAsync(request, $"change {Label<T>(name)}", DcpJsonContext.For<T>(), cancellationToken);
    }

    /// <summary>
    /// Asks DCP to delete the object; an executable's process is stopped first, and the object is there until it has ended.
    /// Nothing happens when there is none of that name.
    /// </summary>
    public async Task DeleteAsync<T>(string name, CancellationToken cancellationToken) where T : DcpResource, IDcpResource
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, Path<T>(name));
        try
        {
            await SendAsync(request, $"delete {Label<T>(name)}", DcpJsonContext.Default.JsonElement, cancellationToken);
        }
        catch (DcpException exception) when (exception.StatusCode is HttpStatusCode.NotFound)
        {
            Log.AlreadyDeleted(_logger, T.Definition.Name, name);
        }
    }

    /// <summary>Deletes objects and returns when they are gone, and with each what it stood for.</summary>
    /// <param name="which">By name.</param>
    public async Task DeleteUntilGoneAsync<T>(Func<string, bool> which, CancellationToken cancellationToken) where T : DcpResource, IDcpResource
    {
        var names = (await ListAsync<T>(cancellationToken)).Select(resource => resource.Metadata.Name).Where(which).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return;
        }

        await Task.WhenAll(names.Select(name => DeleteAsync<T>(name, cancellationToken)));
        using var timer = new PeriodicTimer(DeletionPollInterval, _time);
        while ((await ListAsync<T>(cancellationToken)).Any(resource => names.Contains(resource.Metadata.Name)))
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Tells DCP to go. It answers before it goes.</summary>
    /// <param name="cleanup"><see cref="DcpExecution.FullCleanup"/> or <see cref="DcpExecution.NoCleanup"/>.</param>
    public async Task ShutDownAsync(string cleanup, CancellationToken cancellationToken)
    {
        var wanted = new DcpExecution(DcpExecution.Stopping, cleanup);
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/admin/execution")
        {
            Content = JsonContent.Create(wanted, DcpJsonContext.Default.DcpExecution, MergePatch),
        };
        await SendAsync(request, "stop", DcpJsonContext.Default.DcpExecution, cancellationToken);
    }

    private async Task<TAnswer> SendAsync<TAnswer>(
        HttpRequestMessage request, string label, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            await ThrowIfRefusedAsync(response, label, either.Token);
            return (await response.Content.ReadFromJsonAsync(answer, either.Token))!;
        }
        catch (Exception exception) when (IsNoAnswer(exception, limit.Token, cancellationToken))
        {
            throw DcpException.NoAnswer(label, _config.Server, exception);
        }
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, string label, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var isStatus = response.Content.Headers.ContentType?.MediaType == "application/json";
        var status = isStatus
            ? await response.Content.ReadFromJsonAsync(DcpJsonContext.Default.DcpStatus, cancellationToken)
            : new(await response.Content.ReadAsStringAsync(cancellationToken), Reason: null, Details: null);
        throw DcpException.Refused(label, response.StatusCode, status);
    }

    private static bool IsNoAnswer(Exception exception, CancellationToken limit, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException or JsonException
        || (exception is OperationCanceledException && limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested);

    private static string Path<T>(string? name = null) where T : IDcpResource =>
        $"/apis/{DcpResource.Group}/{DcpResource.Version}/{T.Definition.Plural}" +
        (name is null ? "" : "/" + Uri.EscapeDataString(name));

    private static string Label<T>(string name) where T : IDcpResource => $"{T.Definition.Name} '{name}'";

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Kind} '{Name}' is already deleted.")]
        public static partial void AlreadyDeleted(ILogger logger, string kind, string name);

        [LoggerMessage(2, LogLevel.Debug, "The watch on {Kind} broke and is opened again: {Reason}")]
        public static partial void WatchBroke(ILogger logger, string kind, string reason);

        [LoggerMessage(3, LogLevel.Debug, "DCP broke off when asked to {Request}: {Reason}")]
        public static partial void StreamBroke(ILogger logger, string request, string reason);
    }
}
