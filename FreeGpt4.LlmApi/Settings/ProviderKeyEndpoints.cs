using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.LlmApi.Users.Accounts;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>
/// One key of a provider more or less. Nobody is shown the others: <c>PUT /api/settings</c> can only put all of them in the place of all.
/// </summary>
internal static class ProviderKeyEndpoints
{
    /// <summary>Within <c>/api/settings</c>. Keys of the environment are kept: with them the new one is stored.</summary>
    /// <param name="reply">All settings, as they are then.</param>
    public static RouteGroupBuilder MapProviderKeys(
        this RouteGroupBuilder settings, SettingsCatalogue catalogue, StoredSettings stored, LiveSettings live, Func<HttpContext, IResult> reply)
    {
        settings.MapPost("/providers/{name}/keys", async (string name, HttpContext context) =>
        {
            var added = (await context.Request.ReadObjectAsync(context.RequestAborted)).Required("key").Trim();
            return await ChangeAsync(context, name, keys =>
                added is "" || added.Contains(',') ? throw new InvalidRequestException("'key' is one key, without a comma.", "key")
                : keys.Contains(added) ? throw new InvalidRequestException("The provider has this key already.", "key", "key_exists", StatusCodes.Status409Conflict)
                : [.. keys, added]);
        }).WithSmallBodies();

        // The first has the position 0. Its end is named, too: meanwhile another may be in its place.
        settings.MapDelete("/providers/{name}/keys/{position:int}", async (string name, int position, string ends, HttpContext context) =>
            await ChangeAsync(context, name, keys => position >= 0 && position < keys.Count && SecretView.HintOf(keys[position]) == ends
                ? [.. keys.Where((_, index) => index != position)]
                : throw new InvalidRequestException("The provider has no such key; look at the settings again.", "position", "key_not_found", StatusCodes.Status404NotFound)));
        return settings;

        async Task<IResult> ChangeAsync(HttpContext context, string provider, Func<IReadOnlyList<string>, IReadOnlyList<string>> change)
        {
            var setting = catalogue.All.FirstOrDefault(one => one.IsSecret && provider.Equals(one.Provider, StringComparison.OrdinalIgnoreCase))
                ?? throw new InvalidRequestException("There is no provider of that name that takes keys.", "name", "provider_not_found", StatusCodes.Status404NotFound);
            await stored.ChangeAsync(
                values =>
                {
                    var ofEnvironment = live.Environment(setting.Name);
                    var next = string.Join(',', change(Keys(setting, values.GetValueOrDefault(setting.Name) ?? ofEnvironment)));

                    // Where nothing is left to be stored, what the environment has must not come back by itself.
                    return new Dictionary<string, string?> { [setting.Name] = next.Length > 0 || !string.IsNullOrEmpty(ofEnvironment) ? next : null };
                },
                Caller.Of(context).Name ?? "",
                context.RequestAborted);
            return reply(context);
        }
    }

    private static IReadOnlyList<string> Keys(SettingDefinition setting, string? value) => new SettingsReader(name => name == setting.Name ? value : null).List(setting.Name);
}
