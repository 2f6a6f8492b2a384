using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace FreeGpt4.LlmApi.State.Backups;

/// <summary>All rows of all tables from one database to another, whatever engine each has.</summary>
internal static class TableCopy
{
    private const int Batch = 500;

    private static readonly MethodInfo Copy = Method(nameof(CopyRowsAsync));
    private static readonly MethodInfo Delete = Method(nameof(DeleteRowsAsync));

    /// <summary>The tables, each after those that it refers to.</summary>
    public static IReadOnlyList<IEntityType> TablesOf(StateContext context)
    {
        var ordered = new List<IEntityType>();
        foreach (var table in context.Model.GetEntityTypes())
        {
            Add(table);
        }

        return ordered;

        void Add(IEntityType table)
        {
            if (!ordered.Contains(table))
            {
                foreach (var key in table.GetForeignKeys().Where(key => key.PrincipalEntityType != table))
                {
                    Add(key.PrincipalEntityType);
                }

                ordered.Add(table);
            }
        }
    }

    /// <returns>How many rows there were.</returns>
    public static Task<long> CopyAsync(IEntityType table, StateContext from, StateContext to, CancellationToken cancellationToken) =>
        (Task<long>)Copy.MakeGenericMethod(table.ClrType).Invoke(null, [from, to, cancellationToken])!;

    public static Task DeleteAsync(IEntityType table, StateContext from, CancellationToken cancellationToken) =>
        (Task)Delete.MakeGenericMethod(table.ClrType).Invoke(null, [from, cancellationToken])!;

    private static async Task<long> CopyRowsAsync<T>(StateContext from, StateContext to, CancellationToken cancellationToken) where T : class
    {
        var count = 0L;
        var texts = to.Model.FindEntityType(typeof(T))!.GetProperties()
            .Where(property => to.Database.IsNpgsql() && property.ClrType == typeof(string))
            .Select(property => property.PropertyInfo).ToList();
        to.ChangeTracker.AutoDetectChangesEnabled = false;
        await foreach (var row in from.Set<T>().AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var text in texts)
            {
                // SQLite keeps this character, and PostgreSQL does not.
                if (text?.GetValue(row) is string value && value.Contains('\0'))
                {
                    text.SetValue(row, value.Replace("\0", ""));
                }
            }

            to.Set<T>().Add(row);
            if (++count % Batch == 0)
            {
                await to.SaveChangesAsync(cancellationToken);
                to.ChangeTracker.Clear();
            }
        }

        await to.SaveChangesAsync(cancellationToken);
        to.ChangeTracker.Clear();
        return count;
    }

    private static Task<int> DeleteRowsAsync<T>(StateContext from, CancellationToken cancellationToken) where T : class =>
        from.Set<T>().ExecuteDeleteAsync(cancellationToken);

    private static MethodInfo Method(string name) => typeof(TableCopy).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
}
