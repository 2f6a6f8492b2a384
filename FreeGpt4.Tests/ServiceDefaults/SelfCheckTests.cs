using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.ServiceDefaults;

/// <summary>The command by which an engine asks a service in a container how it is. That it ends who hangs is tested in containers.</summary>
public sealed class SelfCheckTests
{
    [Theory]
    [InlineData("FreeGpt4.LlmApi", 200, 0)]
    [InlineData("FreeGpt4.Proxy", 200, 0)]
    [InlineData("FreeGpt4.LlmApi", 401, 0)]
    [InlineData("FreeGpt4.LlmApi", 503, 1)]
    public async Task Check_OfAServiceThatAnswers_HasItsStatus(string program, int status, int exitCode)
    {
        await using var service = await UpstreamServer.StartAsync(UpstreamServerReplies.Status(status, "[]"));

        var check = await ToolProcess.RunAsync(program, ["healthcheck", $"{service.BaseUrl}/any?thing", "3"]);

        check.ExitCode.ShouldBe(exitCode);
        check.Output.ShouldStartWith($"{service.BaseUrl}/any?thing: HTTP/1.1 {status} ");
        service.Requests.ShouldHaveSingleItem().Path.ShouldBe("/v1/any");
    }

    [Fact]
    public async Task Check_OfAServiceThatIsSilent_FailsInTime()
    {
        var never = new TaskCompletionSource();
        await using var service = await UpstreamServer.StartAsync(_ => never.Task);

        var check = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["healthcheck", service.BaseUrl]);

        check.ExitCode.ShouldBe(1);
        check.Output.Trim().ShouldBe($"{service.BaseUrl} gives no answer within 5 s.");
        never.SetResult();
    }

    [Fact]
    public async Task Check_OfNobody_Fails()
    {
        var check = await ToolProcess.RunAsync("FreeGpt4.LlmApi", ["healthcheck", $"http://127.0.0.1:{FreePorts.Next()}/"]);

        check.ExitCode.ShouldBe(1);
        check.Output.ShouldContain("cannot be reached: ");
    }

    [Theory]
    [InlineData("healthcheck")]
    [InlineData("healthcheck", "models")]
    [InlineData("healthcheck", "https://127.0.0.1/")]
    [InlineData("healthcheck", "http://127.0.0.1/", "often")]
    [InlineData("healthcheck", "http://127.0.0.1/", "0")]
    public async Task Check_Misused_SaysHow(params string[] arguments)
    {
        var check = await ToolProcess.RunAsync("FreeGpt4.LlmApi", arguments);

        check.ExitCode.ShouldBe(1);
        check.Errors.Trim().ShouldBe("healthcheck URL [FAILURES]: an http:// address of this service, and after how many failures in a row it is ended");
    }
}
