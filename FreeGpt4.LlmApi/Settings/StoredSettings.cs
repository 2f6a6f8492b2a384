using System.Security.Cryptography;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.State.Encryption;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>
/// The settings that are stored: read from the database at the start and whenever a replica has changed one, and put in force. One that
/// cannot be used does not stop the others: what was before it stays.
/// </summary>
internal sealed partial class StoredSettings(
    StateStore store,
    SecretBox box,
    SettingsCatalogue catalogue,
    StoredSettingsSource source,
    LiveSettings live,
    TimeProvider time,
    ILogger<StoredSettings> logger) : IDisposable
{
    public const string Topic = "settings";

    private const string Unknown = "is stored, and no such setting is known: a provider may be gone";
    private const string Unreadable = "is stored, and cannot be decrypted with this master key: start with the MASTER_KEY, or the master.key "
        + "in DATA_DIR, that it was stored with";

    // Whoever reads later puts later values in force.
    private readonly SemaphoreSlim _turn = new(1);

    private volatile StoredState? _current;

    public StoredState Current => _current ?? StoredState.Nothing;

    /// <summary>Puts in force what the database has now.</summary>
    /// <exception cref="OptionsValidationException">At the start: a secret that cannot be decrypted.</exception>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var rows = await store.ReadAsync(
                context => context.Settings.AsNoTracking().ToListAsync(cancellationToken), cancellationToken);
            PutInForce(rows);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stores all of the values, or none. Afterwards they are in force here, and within a second in the other replicas.</summary>
    /// <param name="changes">With <c>null</c> what is stored goes.</param>
    /// <param name="by">The name of the user who does.</param>
    /// <exception cref="InvalidRequestException">With a line for each value that is not allowed.</exception>
    /// <exception cref="StateUnavailableException">The database does not answer.</exception>
    public Task ChangeAsync(IReadOnlyDictionary<string, string?> changes, string by, CancellationToken cancellationToken) =>
        ChangeAsync(_ => changes, by, cancellationToken);

    /// <param name="change">From the values that are stored, secrets in clear, to those that are to be. May be called more than once.</param>
    /// <inheritdoc cref="ChangeAsync(IReadOnlyDictionary{string, string?}, string, CancellationToken)"/>
    public async Task ChangeAsync(
        Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string?>> change, string by, CancellationToken cancellationToken)
    {
        try
        {
            Log.Changed(logger, string.Join(", ", await StoreAsync(change, by, cancellationToken)), by);
            await ReadAsync(cancellationToken);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
        {
            // When it broke off at the very end it may have been done.
            throw new StateUnavailableException(
                "The database does not answer, and the settings in force stay. When it does, GET /api/settings tells whether they were changed.", e);
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <returns>The names of the settings that were changed.</returns>
    private Task<IEnumerable<string>> StoreAsync(
        Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string?>> change, string by, CancellationToken cancellationToken) =>
        store.WriteAsync(
            Topic,
            async context =>
            {
                var rows = await context.Settings.ToListAsync(cancellationToken);
                var stored = Decrypt(rows, problems: []);
                var changes = change(stored);
                Check(stored, changes);
                foreach (var (name, value) in changes)
                {
                    var row = rows.Find(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
                    if (value is null)
                    {
                        context.RemoveRange(row is null ? [] : [row]);
                        continue;
                    }

                    if (row is null)
                    {
                        row = new() { Name = name, Value = "", ChangedAt = default, ChangedBy = by };
                        context.Add(row);
                    }

                    row.Value = SettingsCatalogue.IsSecret(name) ? box.Encrypt(value, row.Name) : value;
                    (row.ChangedAt, row.ChangedBy) = (time.GetUtcNow(), by);
                }

                return changes.Keys;
            },
            cancellationToken);

    private void Check(Dictionary<string, string> stored, IReadOnlyDictionary<string, string?> changes)
    {
        // What is stored and cannot be used is no fault of these changes.
        var next = Usable(stored, before: StoredState.Nothing.Values, problems: []);
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                next.Remove(name);
            }
            else
            {
                next[name] = value;
            }
        }

        if (live.Check(next) is [_, ..] failures)
        {
            throw new InvalidRequestException(string.Join('\n', failures), code: "invalid_settings");
        }
    }

    private void PutInForce(IReadOnlyList<StoredSetting> rows)
    {
        var before = Current;
        var problems = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var values = Decrypt(rows, problems);
        if (_current is null && problems.Where(problem => problem.Value == Unreadable).ToList() is [_, ..] unreadable)
        {
            throw new OptionsValidationException(
                Topic, typeof(StoredSettings), unreadable.Select(problem => $"{problem.Key} {problem.Value}."));
        }

        foreach (var (name, _) in problems.Where(problem => problem.Value == Unreadable && before.Values.ContainsKey(problem.Key)))
        {
            values[name] = before.Values[name];
        }

        var usable = Usable(values, before.Values, problems);
        var areNew = _current is null || !IsSame(usable, before.Values);
        foreach (var (name, problem) in problems.Except(before.Problems))
        {
            Log.Unusable(logger, name, problem);
        }

        if (areNew)
        {
            source.Replace(usable);
            live.Reload();
        }

        _current = new(rows, usable, problems);
    }

    private Dictionary<string, string> Decrypt(IReadOnlyList<StoredSetting> rows, Dictionary<string, string> problems)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var row in rows)
        {
            try
            {
                var value = SettingsCatalogue.IsSecret(row.Name) ? box.Decrypt(row.Value, row.Name) : row.Value;
                if (catalogue.Find(row.Name) is not null)
                {
                    values[row.Name] = value;
                }
                else
                {
                    problems[row.Name] = Unknown;
                }
            }
            catch (CryptographicException)
            {
                problems[row.Name] = Unreadable;
            }
        }

        return values;
    }

    /// <summary>The values that can be in force together; in place of another the one that was before, else none.</summary>
    private Dictionary<string, string> Usable(
        Dictionary<string, string> values, IReadOnlyDictionary<string, string> before, Dictionary<string, string> problems)
    {
        while (live.Check(values) is [_, ..] failures)
        {
            var faults = (from failure in failures
                          let name = failure.Split(' ')[0]
                          where values.ContainsKey(name)
                          select (Name: name, Why: failure[(name.Length + 1)..].TrimEnd('.'))).DistinctBy(fault => fault.Name).ToList();
            if (faults is [])
            {
                // The environment's own, and it was in force until now.
                return values;
            }

            foreach (var (name, why) in faults)
            {
                problems.TryAdd(name, why);
                if (before.TryGetValue(name, out var was) && was != values[name])
                {
                    values[name] = was;
                }
                else
                {
                    values.Remove(name);
                }
            }
        }

        return values;
    }

    private static bool IsSame(Dictionary<string, string> some, IReadOnlyDictionary<string, string> others) =>
        some.Count == others.Count && some.All(one => others.TryGetValue(one.Key, out var other) && other == one.Value);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Settings changed: {Names}, by {User}.")]
        public static partial void Changed(ILogger logger, string names, string user);

        [LoggerMessage(2, LogLevel.Warning, "The stored setting {Name} {Problem}; what was in force without it stays.")]
        public static partial void Unusable(ILogger logger, string name, string problem);
    }
}

/// <summary>What is stored.</summary>
/// <param name="Values">Those in force, secrets in clear.</param>
/// <param name="Problems">Why others are not, by name; to be read after it.</param>
internal sealed record StoredState(
    IReadOnlyList<StoredSetting> Rows, IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Problems)
{
    public static StoredState Nothing { get; } = new([], new Dictionary<string, string>(), new Dictionary<string, string>());

    public StoredSetting? Find(string name) => Rows.FirstOrDefault(row => row.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public override string ToString() => $"({Rows.Count} settings)";
}
