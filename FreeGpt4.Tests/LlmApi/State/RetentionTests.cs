using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.State.Retention;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.ServiceDefaults.Settings;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>What was kept long enough goes, and nothing else.</summary>
public sealed class RetentionTests
{
    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task CleanUp_AtFourReplicas_RemovesWhatIsOldAtOneOfThem(string engine)
    {
        await using var set = await ReplicaSet.StartAsync(engine, settings: [("CONVERSATION_RETENTION", "30d"), ("USAGE_RETENTION", "7d")]);
        var now = DateTimeOffset.UtcNow;
        var user = new User { Name = "Ada", Key = "ada" };
        await set.Stores[0].WriteAsync(
            topic: null,
            context =>
            {
                context.Users.Add(user);
                for (var days = 0; days < 60; days++)
                {
                    context.Conversations.Add(Conversation(ConversationOwner.OfUser(user.Id), now.AddDays(-days).AddHours(-1)));
                    context.Conversations.Add(Conversation("browser:x", now.AddDays(-days).AddHours(-1)));
                }

                context.Conversations.Add(Conversation(ConversationOwner.OfUser(Guid.NewGuid()), now));
                for (var number = 0; number < 1200; number++)
                {
                    context.Usage.Add(new() { At = now.AddDays(number < 1100 ? -8 : -6), Route = "/", Provider = "Demo", Model = "m", Replica = "r" });
                    context.Reservations.Add(new() { Scope = "s", At = now.AddDays(number < 1100 ? -3 : 0) });
                }

                context.Replicas.Add(new() { Id = "gone", Version = "1", Health = "", SeenAt = now.AddDays(-3) });
                context.UsageDays.Add(new() { Day = new(2020, 1, 1), UserId = user.Id, Provider = "Demo", Model = "m" });
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);

        var turns = await Task.WhenAll(set.Replicas.Select(replica => Task.Run(
            () => replica.Services.GetRequiredService<CleanUp>().RunAsync(TestContext.Current.CancellationToken))));

        turns.Count(turn => turn).ShouldBe(1);
        (await CountAsync(set.Stores[1], context => context.Conversations)).ShouldBe(60);
        (await CountAsync(set.Stores[1], context => context.Messages)).ShouldBe(60);
        (await CountAsync(set.Stores[1], context => context.Usage)).ShouldBe(100);
        (await CountAsync(set.Stores[1], context => context.Reservations)).ShouldBe(100);
        (await CountAsync(set.Stores[1], context => context.Replicas.Where(one => one.Id == "gone"))).ShouldBe(0);
        (await CountAsync(set.Stores[1], context => context.UsageDays)).ShouldBe(1);
    }

    [Fact]
    public async Task CleanUp_AsInstalled_KeepsConversationsOfUsersOnly()
    {
        await using var api = new LlmApiFactory(demo: true);
        api.StartServer();
        var store = api.Services.GetRequiredService<StateStore>();
        var user = new User { Name = "Ada", Key = "ada" };
        await store.WriteAsync(
            topic: null,
            context =>
            {
                context.Users.Add(user);
                context.Conversations.Add(Conversation(ConversationOwner.OfUser(user.Id), DateTimeOffset.UnixEpoch));
                context.Conversations.Add(Conversation("browser:x", DateTimeOffset.UtcNow.AddDays(-29)));
                context.Conversations.Add(Conversation("browser:x", DateTimeOffset.UtcNow.AddDays(-31)));
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);

        (await api.Services.GetRequiredService<CleanUp>().RunAsync(TestContext.Current.CancellationToken)).ShouldBeTrue();

        (await CountAsync(store, context => context.Conversations)).ShouldBe(2);
    }

    [Theory]
    [InlineData("30d", 30 * 24)]
    [InlineData("12h", 12)]
    [InlineData("OFF", null)]
    [InlineData("", 90 * 24)]
    public void Retention_OfUsage_IsRead(string value, int? hours) =>
        RetentionOptions.Read(Settings(value)).Usage.ShouldBe(hours is { } time ? TimeSpan.FromHours(time) : null);

    [Theory]
    [InlineData("1s")]
    [InlineData("-1d")]
    [InlineData("forever")]
    public void Retention_ThatCannotBe_IsRefused(string value)
    {
        var settings = Settings(value);

        RetentionOptions.Read(settings);

        settings.Failures.ShouldBe([$"USAGE_RETENTION is \"{value}\"; allowed is off, or a time such as 12h or 30d, from 1h to 3650d."]);
    }

    private static SettingsReader Settings(string usage) => new(
        new ConfigurationBuilder().AddInMemoryCollection([new("USAGE_RETENTION", usage)]).Build());

    private static Conversation Conversation(string owner, DateTimeOffset at)
    {
        var conversation = new Conversation { Owner = owner, Title = "x", CreatedAt = at, UpdatedAt = at };
        conversation.Messages.Add(new() { ConversationId = conversation.Id, Position = 0, Role = "user", Content = "\"x\"" });
        return conversation;
    }

    private static Task<int> CountAsync<T>(StateStore store, Func<StateContext, IQueryable<T>> rows) => store.ReadAsync(
        context => rows(context).CountAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
}
