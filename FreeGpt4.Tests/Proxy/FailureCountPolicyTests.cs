using System.Diagnostics.Metrics;
using System.Net.Sockets;
using FreeGpt4.Proxy.Health;
using FreeGpt4.Proxy.Metrics;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace FreeGpt4.Tests.Proxy;

public sealed class FailureCountPolicyTests
{
    private static readonly TimeSpan FailTimeout = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly Updates _updates = new();
    private readonly DestinationState _replica = new("replica");

    [Fact]
    public void Failures_AsManyAsAllowedWithinTheWindow_SetTheReplicaAside()
    {
        var policy = Policy(new EdgeOptions());

        Fail(policy, 2);
        _updates.SetAside.ShouldBeEmpty();
        Fail(policy, 1);

        _updates.SetAside.ShouldBe([("replica", FailTimeout)]);
    }

    [Fact]
    public void Failures_OlderThanTheWindow_AreForgotten()
    {
        var policy = Policy(new EdgeOptions());

        for (var i = 0; i < 10; i++)
        {
            Fail(policy, 1);
            _time.Advance(TimeSpan.FromSeconds(2.6));
        }

        _updates.SetAside.ShouldBeEmpty();
    }

    [Fact]
    public void Failures_AfterBeingSetAside_AreCountedAnew()
    {
        var policy = Policy(new EdgeOptions());

        Fail(policy, 5);
        _updates.SetAside.Count.ShouldBe(1);
        Fail(policy, 1);
        _updates.SetAside.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(3, false)]
    public void Failures_WithSettingOff_NeverSetAside(int maxFails, bool hasTimeout)
    {
        var policy = Policy(new EdgeOptions { MaxFails = maxFails, FailTimeout = hasTimeout ? FailTimeout : null });

        Fail(policy, 100);

        _updates.SetAside.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ForwarderError.RequestTimedOut, true)]
    [InlineData(ForwarderError.Request, true)]
    [InlineData(ForwarderError.RequestBodyDestination, true)]
    [InlineData(ForwarderError.RequestBodyClient, false)]
    [InlineData(ForwarderError.ResponseBodyClient, false)]
    [InlineData(ForwarderError.ResponseBodyDestination, false)]
    [InlineData(ForwarderError.NoAvailableDestinations, false)]
    public void Failure_OfSomebodyElse_DoesNotCount(ForwarderError error, bool counts)
    {
        var policy = Policy(new EdgeOptions { MaxFails = 1 });

        policy.RequestProxied(Request(new Failure(error)), new ClusterState("replicas"), _replica);

        _updates.SetAside.Count.ShouldBe(counts ? 1 : 0);
    }

    [Fact]
    public void Failure_AfterTheClientLeft_DoesNotCount()
    {
        var policy = Policy(new EdgeOptions { MaxFails = 1 });
        var request = Request(new Failure(ForwarderError.Request));
        request.RequestAborted = new CancellationToken(canceled: true);

        policy.RequestProxied(request, new ClusterState("replicas"), _replica);

        _updates.SetAside.ShouldBeEmpty();
    }

    [Fact]
    public void Answer_OfAnyStatus_DoesNotCount()
    {
        var policy = Policy(new EdgeOptions { MaxFails = 1 });

        policy.RequestProxied(Request(failure: null), new ClusterState("replicas"), _replica);

        _updates.SetAside.ShouldBeEmpty();
    }

    [Fact]
    public void Fittest_NothingKnown_AreThoseNotSetAsideThenThoseThatAreThenAll()
    {
        var (well, aside, silent) = (new DestinationState("well"), new DestinationState("aside"), new DestinationState("silent"));
        aside.Health.Passive = DestinationHealth.Unhealthy;
        silent.Health.Active = DestinationHealth.Unhealthy;

        FittestPolicy.FittestOf([well, aside, silent]).ShouldBe([well]);
        FittestPolicy.FittestOf([aside, silent]).ShouldBe([aside]);
        FittestPolicy.FittestOf([silent]).ShouldBe([silent]);
        FittestPolicy.FittestOf([]).ShouldBeEmpty();
    }

    private static DefaultHttpContext Request(Failure? failure)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IForwarderErrorFeature>(failure);
        return context;
    }

    private FailureCountPolicy Policy(EdgeOptions options)
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return new(Options.Create(options), _updates, _time, new EdgeMetrics(meters), NullLogger<FailureCountPolicy>.Instance);
    }

    private void Fail(FailureCountPolicy policy, int times)
    {
        for (var i = 0; i < times; i++)
        {
            policy.RequestProxied(Request(new Failure(ForwarderError.Request)), new ClusterState("replicas"), _replica);
        }
    }

    private sealed record Failure(ForwarderError Error) : IForwarderErrorFeature
    {
        public Exception? Exception { get; } = new HttpRequestException("lost", new SocketException());
    }

    private sealed class Updates : IDestinationHealthUpdater
    {
        public List<(string Replica, TimeSpan For)> SetAside { get; } = [];

        public void SetPassive(ClusterState cluster, DestinationState destination, DestinationHealth newHealth, TimeSpan reactivationPeriod)
        {
            newHealth.ShouldBe(DestinationHealth.Unhealthy);
            SetAside.Add((destination.DestinationId, reactivationPeriod));
        }

        public void SetActive(ClusterState cluster, IEnumerable<NewActiveDestinationHealth> newHealthPairs) => throw new NotSupportedException();
    }
}
