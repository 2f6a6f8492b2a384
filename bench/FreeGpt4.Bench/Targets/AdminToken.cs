using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace FreeGpt4.Bench.Targets;

/// <summary>A token for a replica that answers nobody without one.</summary>
internal static class AdminToken
{
    public const string Password = "password-of-the-bench";

    /// <summary>Logs in as the admin with <see cref="Password"/> and makes a token.</summary>
    /// <returns>The header that carries it.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> HeadersAsync(Uri replica, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = replica };
        var login = await PostAsync("/api/login", new JsonObject { ["username"] = "admin", ["password"] = Password });
        client.DefaultRequestHeaders.Add("x-antiforgery-token", login["antiForgeryToken"]!.ToString());
        var token = await PostAsync("/api/me/tokens", []);
        return new Dictionary<string, string> { ["authorization"] = $"Bearer {token["token"]}" };

        async Task<JsonNode> PostAsync(string path, JsonObject body)
        {
            using var response = await client.PostAsJsonAsync(path, body, cancellationToken);
            return response.IsSuccessStatusCode
                ? (await response.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!
                : throw new TargetException($"{path} answers {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }
}
