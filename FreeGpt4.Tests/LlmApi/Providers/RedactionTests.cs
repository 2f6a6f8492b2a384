using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Providers;

/// <summary>An upstream that repeats what it was sent gives nothing of it away.</summary>
public sealed class RedactionTests
{
    private const string Secret = "sk-Se\"cret+/=123456";

    public static TheoryData<string> Echoes =>
    [
        Secret,
        Secret.ToUpperInvariant(),
        Uri.EscapeDataString(Secret),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)),
    ];

    [Theory]
    [MemberData(nameof(Echoes))]
    public async Task Key_ThatIsRepeatedInWhateverForm_IsTakenOut(string echo)
    {
        await using var upstream = await UpstreamServer.StartAsync(Refuse(new() { ["message"] = $"bad {echo}.", ["hint"] = new JsonObject { ["x"] = echo } }));
        await using var api = ProviderApi.Start([ProviderApi.Provider("Echo", upstream.BaseUrl, ("apiKey", Secret))]);

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = await response.ErrorAsync();
        error.Value("message").ShouldBe("bad [key].");
        error.ContainsKey("hint").ShouldBeFalse();
    }

    [Fact]
    public async Task Header_OfTheProvidersFile_IsTakenOut()
    {
        await using var upstream = await UpstreamServer.StartAsync(Refuse(new() { ["message"] = "no sk-header-1", ["code"] = "Bearer sk-header-1" }));
        var headers = new JsonObject { ["headers"] = new JsonObject { ["Authorization"] = "Bearer sk-header-1" } };
        await using var api = ProviderApi.Start([ProviderApi.Provider("Echo", upstream.BaseUrl, ("quirks", headers))]);

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        var error = await response.ErrorAsync();
        error.Value("message").ShouldBe("no [key]");
        error.Value("code").ShouldBeNull();
    }

    private static RequestDelegate Refuse(JsonObject error) => Status(400, new JsonObject { ["error"] = error }.ToJsonString());
}
