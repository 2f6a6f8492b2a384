using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>Which values the dashboard is not given.</summary>
public sealed class DashboardSecretsTests
{
    [Theory]
    [InlineData("CUSTOM_API_KEY", "x", true)]
    [InlineData("DASHBOARD__FRONTEND__BROWSERTOKEN", "x", true)]
    [InlineData("ADMIN_PASSWORD", "x", true)]
    [InlineData("Api__ClientSecret", "x", true)]
    [InlineData("API_KEYS", "x", true)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=x", true)]
    [InlineData("ConnectionStrings__freegpt4", "Host=db", true)]
    [InlineData("HTTP_PROXY", "http://user:pass@proxy:3128", true)]
    [InlineData("HTTP_PROXY", "http://proxy:3128", false)]
    [InlineData("UPSTREAM_KEEPALIVE", "0", false)]
    [InlineData("KEYBOARD", "de", false)]
    [InlineData("services__llm-api__http__0", "http://localhost:5500", false)]
    [InlineData("LOG_LEVEL", "INFO", false)]
    public void Variable_ByItsNameOrValue_LooksSecret(string name, string value, bool secret)
        => SecretValues.LooksSecret(name, value).ShouldBe(secret);

    [Fact]
    public void Value_MadeFromASecretParameter_IsSecret()
    {
        var builder = DistributedApplication.CreateBuilder();
        var secret = builder.AddParameter("secret", "value", secret: true);
        var plain = builder.AddParameter("plain", "value");
        var inner = ReferenceExpression.Create($"password={secret}");

        SecretValues.IsSecret(secret.Resource).ShouldBeTrue();
        SecretValues.IsSecret(secret).ShouldBeTrue();
        SecretValues.IsSecret(ReferenceExpression.Create($"host=db;{inner}")).ShouldBeTrue();
        SecretValues.IsSecret(ReferenceExpression.Create($"host={plain}")).ShouldBeFalse();
        SecretValues.IsSecret("value").ShouldBeFalse();
    }
}
