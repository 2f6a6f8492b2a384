using Aspire.Hosting.Dcp;

namespace FreeGpt4.Tests.Aspire.Dcp;

public sealed class DcpChildEnvironmentTests
{
    [Theory]
    [InlineData("PATH")]
    [InlineData("HOME")]
    [InlineData("LANG")]
    [InlineData("DOTNET_ROOT")]
    [InlineData("DOTNET_ROOT_X64")]
    [InlineData("DOTNET_CLI_HOME")]
    [InlineData("DOTNET_CLI_TELEMETRY_OPTOUT")]
    [InlineData("DCP_DIAGNOSTICS_LOG_FOLDER")]
    [InlineData("HTTPS_PROXY")]
    [InlineData("SSL_CERT_DIR")]
    [InlineData("PROVIDER")]
    public void Variable_OfTheMachineOrTheUser_IsInherited(string name) => ChildEnvironment.IsInherited(name).ShouldBeTrue();

    [Theory]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("ASPNETCORE_ENVIRONMENT")]
    [InlineData("DOTNET_ENVIRONMENT")]
    [InlineData("DOTNET_LAUNCH_PROFILE")]
    [InlineData("ASPIRE_LOGLEVEL")]
    [InlineData("ASPIRE_BACKCHANNEL_PATH")]
    [InlineData("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL")]
    [InlineData("MSBUILDFAILONDRIVEENUMERATINGWILDCARD")]
    [InlineData("MSBuildSDKsPath")]
    [InlineData("_MSBUILDTLENABLED")]
    public void Variable_MeantForTheAppHost_IsNotInherited(string name) => ChildEnvironment.IsInherited(name).ShouldBeFalse();

    [Theory]
    [InlineData("Parameters__api-key")]
    [InlineData("PARAMETERS__ANYTHING")]
    [InlineData("Parameters:anything")]
    [InlineData("ConnectionStrings__freegpt4")]
    [InlineData("YOU_API_KEY")]
    [InlineData("groq_api_key")]
    [InlineData("AppHost__OtlpApiKey")]
    [InlineData("ADMIN_PASSWORD")]
    [InlineData("PGPASSWORD")]
    [InlineData("CLIENT_SECRET")]
    [InlineData("GITHUB_TOKEN")]
    [InlineData("ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN")]
    [InlineData("MASTER_KEY")]
    [InlineData("GOOGLE_APPLICATION_CREDENTIALS")]
    [InlineData("TLS_PRIVATE_KEY")]
    public void Variable_NamedLikeASecret_IsNotInherited(string name) => ChildEnvironment.IsInherited(name).ShouldBeFalse();

    [Fact]
    public void Environment_WithMixedVariables_KeepsTheInheritedOnesAsTheyAre()
    {
        var inherited = ChildEnvironment.From(new Dictionary<string, string>
        {
            ["HOME"] = "/home/me",
            ["EMPTY"] = "",
            ["YOU_API_KEY"] = "s3cr3t",
        });

        inherited.ShouldBe(new Dictionary<string, string> { ["HOME"] = "/home/me", ["EMPTY"] = "" }, ignoreOrder: true);
    }
}
