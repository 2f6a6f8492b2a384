using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace FreeGpt4.Tests.Aspire.Orchestration;

/// <summary>What is known of containers before any is started.</summary>
public sealed class ContainerModelTests
{
    private readonly IDistributedApplicationBuilder _builder = DistributedApplication.CreateBuilder(
        new DistributedApplicationOptions { DisableDashboard = true });

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Image_AsItIsDescribed_IsWhatTheEngineIsAskedFor()
    {
        Image(_builder.AddContainer("a", "postgres")).ShouldBe("postgres:latest");
        Image(_builder.AddContainer("b", "postgres", "17")).ShouldBe("postgres:17");
        Image(_builder.AddContainer("c", "postgres", "17").WithImageTag("18").WithImageRegistry("registry.test")).ShouldBe("registry.test/postgres:18");
        Image(_builder.AddContainer("d", "postgres", "17").WithImage("other")).ShouldBe("other:17");
        Image(_builder.AddContainer("e", "postgres", "17").WithImageSHA256("0123")).ShouldBe("postgres@sha256:0123");
    }

    [Fact]
    public async Task Endpoint_OfAContainer_HasItsNameAndOwnPortForOtherContainers()
    {
        var database = _builder.AddContainer("db", "postgres", "17").WithEndpoint(targetPort: 5432, name: "tcp");
        var tool = _builder.AddContainer("tool", "psql");
        var endpoint = database.GetEndpoint("tcp");
        var expression = ReferenceExpression.Create($"Host={endpoint.Property(EndpointProperty.Host)};Port={endpoint.Property(EndpointProperty.Port)}");

        (await expression.GetValueAsync(new ValueProviderContext { Caller = tool.Resource }, Cancelled)).ShouldBe("Host=db;Port=5432");
    }

    [Fact]
    public async Task Endpoint_OfAProcess_BeforeTheStart_HasNoAddressForContainers()
    {
        var process = _builder.AddExecutable("api", "true", ".").WithHttpEndpoint();
        var container = _builder.AddContainer("tool", "curl");
        var expression = ReferenceExpression.Create($"{process.GetEndpoint("http")}");

        var failure = await Should.ThrowAsync<InvalidOperationException>(
            async () => await expression.GetValueAsync(new ValueProviderContext { Caller = container.Resource }, Cancelled));

        failure.Message.ShouldBe("Endpoint 'http' of 'api' has no address before the application starts.");
    }

    [Fact]
    public void BuildArgument_ThatCannotBe_IsRefused()
    {
        var secret = _builder.AddParameter("key", "value", secret: true);

        Should.Throw<InvalidOperationException>(() => _builder.AddContainer("image", "postgres").WithBuildArg("A", "b"))
            .Message.ShouldBe("'image' is not built from a Dockerfile: call WithDockerfile before WithBuildArg.");
        Should.Throw<InvalidOperationException>(() => _builder.AddDockerfile("built", ".").WithBuildArg("A", secret)).Message.ShouldStartWith("Parameter 'key' is a secret");
    }

    [Fact]
    public async Task Endpoint_WithoutTargetPort_StopsTheStart()
    {
        _builder.AddContainer("db", "postgres", "17").WithEndpoint(name: "tcp");
        await using var application = _builder.Build();

        var failure = await Should.ThrowAsync<DistributedApplicationException>(() => application.StartAsync(Cancelled));

        failure.Message.ShouldBe("The endpoint 'tcp' of 'db' has no target port: say on which port the container listens.");
    }

    [Fact]
    public void Lifetime_Persistent_IsNotSupported()
        => Should.Throw<NotSupportedException>(() => _builder.AddContainer("db", "postgres").WithLifetime(ContainerLifetime.Persistent))
            .Message.ShouldStartWith("ContainerLifetime.Persistent ");

    [Fact]
    public void GeneratedValue_HasTheLengthAndTheKindsAskedFor()
    {
        new GenerateParameterDefault { MinLength = 22 }.GetDefaultValue().Length.ShouldBe(22);
        new GenerateParameterDefault { MinLength = 40, Special = false }.GetDefaultValue().ShouldMatch("^[A-Za-z0-9]{40}$");
        string.Concat(new GenerateParameterDefault { Upper = false, Special = false, MinLower = 2, MinNumeric = 3 }.GetDefaultValue().Order())
            .ShouldMatch("^[0-9]{3}[a-z]{2}$");
    }

    private static string Image(IResourceBuilder<ContainerResource> container)
        => container.Resource.Annotations.OfType<ContainerImageAnnotation>().ShouldHaveSingleItem().Reference;
}
