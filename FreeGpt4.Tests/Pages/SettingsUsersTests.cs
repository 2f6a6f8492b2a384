using System.Net;
using System.Net.Http.Headers;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Data.Sqlite;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace FreeGpt4.Tests.Pages;

/// <summary>Users, tokens, one's own account, and what an older FreeGPT4 had, in a browser.</summary>
[Collection(ChatFixture.Name)]
public sealed class SettingsUsersTests(ChatFixture chat)
{
    private const string Password = "a-password-of-a-user";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Users_AreMadeChangedDisabledAndDeleted()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("users");
        await page.ClickAsync("New user");
        await page.Dialog.GetByLabel("Name").FillAsync("ada");
        await page.Dialog.GetByLabel("Password").FillAsync("short");
        await page.Dialog.GetByLabel("Requests a day").FillAsync("5");
        await page.ClickAsync("Save");
        await Expect(page.Dialog).ToBeVisibleAsync();
        await page.Dialog.GetByLabel("Password").FillAsync(Password);
        await page.ClickAsync("Save");
        await Expect(page.Toast).ToHaveTextAsync("ada is there.");
        var ada = page.Page.Locator(".entry", new() { HasText = "ada" });
        await Expect(ada).ToContainTextAsync("5 requests a day");

        await page.ClickAsync("Edit ada");
        await page.Dialog.GetByLabel("Requests a day").FillAsync("");
        await page.Dialog.GetByLabel("Role").SelectOptionAsync("admin");
        await page.Dialog.GetByLabel("New password").FillAsync(Password + "2");
        await page.ClickAsync("Save");
        await Expect(ada).ToContainTextAsync("Admin");
        await Expect(ada).Not.ToContainTextAsync("requests a day");
        await using var hers = await site.NewPageAsync();
        await hers.LogInAsync("ada", Password + "2");

        await page.ClickAsync("Edit ada");
        await page.ClickAsync("Disable");
        await Expect(ada).ToContainTextAsync("Disabled");
        await hers.Page.GotoAsync(new Uri(site.Address, "/settings").ToString());
        await Expect(hers.Page).ToHaveURLAsync(new Uri(site.Address, "/login").ToString());

        await page.ClickAsync("Edit ada");
        await page.ClickAsync("Delete the user");
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Delete the user" }).ClickAsync();
        await Expect(ada).ToHaveCountAsync(0);
        (await page.ReadAsync("/api/users")).GetProperty("users").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task User_WithoutPassword_NeedsOneOrAToken_AndWhatIsSaidStandsInTheDialog()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("users");
        await page.ClickAsync("New user");
        await page.Dialog.GetByLabel("Name").FillAsync("ada");
        await page.ClickAsync("Save");
        await Expect(page.Toast).ToHaveTextAsync("ada is there. Give the user a password or a token.");

        await page.ClickAsync("Edit ada");
        await page.ClickAsync("New token");
        await page.Dialog.GetByLabel("What it is for").FillAsync("laptop");
        await page.ClickAsync("Save");
        await Expect(page.Dialog.GetByLabel("Token", new() { Exact = true })).ToBeVisibleAsync();
        await page.Page.Keyboard.PressAsync("Escape");
        await page.ClickAsync("Delete the token laptop");
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Delete the token" }).ClickAsync();
        await Expect(page.Dialog.Locator(".toast")).ToHaveTextAsync("The token is gone.");
    }

    [Fact]
    public async Task OwnAnswers_Saved_LeaveWhatAnAdminHasChangedMeanwhile()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("account");
        await using var other = await site.OpenAsync("users");
        await other.ClickAsync("Edit admin");
        await other.Dialog.Locator(".more summary").ClickAsync();
        await other.Dialog.GetByLabel("Provider").SelectOptionAsync("Groq");
        await other.ClickAsync("Save");
        await Expect(other.Toast).ToHaveTextAsync("admin is changed.");

        await page.Page.GetByLabel("Model").FillAsync("tiny-1");
        await page.ClickAsync("Save");

        await Expect(page.Toast).ToHaveTextAsync("Saved.");
        var user = (await page.ReadAsync("/api/me")).GetProperty("user");
        (user.GetProperty("provider").GetString(), user.GetProperty("model").GetString()).ShouldBe(("Groq", "tiny-1"));
    }

    [Fact]
    public async Task Admin_WhoIsNoneAnyMore_HasOnlyWhatIsTheirs()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("users");
        await page.ClickAsync("New user");
        await page.Dialog.GetByLabel("Name").FillAsync("ada");
        await page.Dialog.GetByLabel("Password").FillAsync(Password);
        await page.Dialog.GetByLabel("Role").SelectOptionAsync("admin");
        await page.ClickAsync("Save");
        await Expect(page.Page.Locator(".entry")).ToHaveCountAsync(2);

        await page.ClickAsync("Edit admin");
        await page.Dialog.GetByLabel("Role").SelectOptionAsync("user");
        await page.ClickAsync("Save");

        await Expect(page.Page.Locator("#sections a")).ToHaveTextAsync(["Your account"]);
    }

    [Fact]
    public async Task Token_IsShownOnce_Works_AndWorksNoLongerWhenItIsGone()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("account");
        await page.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await Expect(page.Main).ToContainTextAsync("There is no token yet.");
        await page.ClickAsync("New token");
        await page.Dialog.GetByLabel("What it is for").FillAsync("laptop");
        await page.ClickAsync("Save");
        var token = await page.Dialog.GetByLabel("Token").InputValueAsync();
        await page.ClickAsync("Copy");
        await Expect(page.Dialog).ToContainTextAsync("Copied");
        (await page.Page.EvaluateAsync<string>("navigator.clipboard.readText()")).ShouldBe(token);
        await page.Page.Keyboard.PressAsync("Escape");

        using var program = site.CreateClient();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        (await StatusAsync(program)).ShouldBe(HttpStatusCode.OK);
        await page.ReloadAsync();
        await Expect(page.Main).ToContainTextAsync($"…{token[^4..]}");
        (await page.Page.ContentAsync()).ShouldNotContain(token);
        await page.ClickAsync("Replace the token laptop");
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Replace the token" }).ClickAsync();
        await Expect(page.Dialog.GetByLabel("Token")).Not.ToHaveValueAsync(token);
        await page.Page.Keyboard.PressAsync("Escape");
        (await StatusAsync(program)).ShouldBe(HttpStatusCode.Unauthorized);

        await page.ClickAsync("Delete the token laptop");
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Delete the token" }).ClickAsync();
        await Expect(page.Main).ToContainTextAsync("There is no token yet.");

        static async Task<HttpStatusCode> StatusAsync(HttpClient client)
        {
            using var response = await client.GetAsync(new Uri("/api/me", UriKind.Relative), Cancelled);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task User_WhoIsNoAdmin_HasOnlyWhatIsTheirs()
    {
        await using var site = new AdminSite(chat);
        await using var admin = await site.OpenAsync("users");
        await admin.ClickAsync("New user");
        await admin.Dialog.GetByLabel("Name").FillAsync("bob");
        await admin.Dialog.GetByLabel("Password").FillAsync(Password);
        await admin.ClickAsync("Save");
        await Expect(admin.Toast).ToContainTextAsync("bob is there.");
        await using var page = await site.NewPageAsync();
        await page.LogInAsync("bob", Password);
        var asked = new List<string>();
        page.Page.Request += (_, request) => asked.Add(new Uri(request.Url).AbsolutePath);

        await page.GoAsync("/settings#providers");

        await Expect(page.Page.Locator("h1")).ToHaveTextAsync("Your account");
        await Expect(page.Page.Locator("#sections a")).ToHaveTextAsync(["Your account"]);
        asked.ShouldNotContain(path => path.StartsWith("/api/settings", StringComparison.Ordinal) || path.StartsWith("/api/users", StringComparison.Ordinal));
        await page.Page.GetByLabel("Model").FillAsync("tiny-1");
        await page.ClickAsync("Save");
        await Expect(page.Toast).ToHaveTextAsync("Saved.");
        (await page.ReadAsync("/api/me")).GetProperty("user").GetProperty("model").GetString().ShouldBe("tiny-1");

        await page.Page.GetByLabel("Current password").FillAsync("not the password");
        await page.Page.GetByLabel("New password").FillAsync(Password + "2");
        await page.ClickAsync("Change the password");
        await Expect(page.Main).ToContainTextAsync("The password that you have now is another one.");
        await page.Page.GetByLabel("Current password").FillAsync(Password);
        await page.ClickAsync("Change the password");
        await Expect(page.Toast).ToHaveTextAsync("The password is changed.");

        // The session is another one now, and goes on.
        await page.ClickAsync("Save");
        await Expect(page.Toast).ToHaveTextAsync("Saved.");
        await page.ClickAsync("Log out");
        await Expect(page.Page).ToHaveURLAsync(site.Address.ToString());
    }

    [Fact]
    public async Task Import_OfAFile_TellsWhatWasTaken_AndLeavesNoFile()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "settings.db");
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE settings (keyword TEXT, model TEXT, cookie_file TEXT);
                CREATE TABLE personal (username TEXT, token TEXT);
                INSERT INTO settings VALUES ('q', '<b>bold</b>', 'x');
                INSERT INTO personal VALUES ('eve', 'short');
                CREATE TABLE "<img src=x onerror=alert(1)>" (x TEXT);
                """;
            command.ExecuteNonQuery();
        }

        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync("import");
        var leftover = Leftovers();
        await page.Page.SetInputFilesAsync("#import-file", new FilePayload { Name = "settings.db", MimeType = "application/octet-stream", Buffer = "no database"u8.ToArray() });
        await page.ClickAsync("Import");
        await Expect(page.Main).ToContainTextAsync("This is no settings.db of FreeGPT4.");
        await Expect(page.Main).Not.ToContainTextAsync(Path.GetTempPath());

        await page.Page.SetInputFilesAsync("#import-file", file);
        await page.ClickAsync("Import");
        await Expect(page.Main).ToContainTextAsync("3 things were taken over.");
        await Expect(page.Main).ToContainTextAsync("settings.keyword as the setting KEYWORD");
        await Expect(page.Main).ToContainTextAsync("personal 'eve' as the user eve");
        await Expect(page.Main).ToContainTextAsync("table <img src=x onerror=alert(1)>");
        await Expect(page.Main).ToContainTextAsync("a token of 5 characters is not safe");
        Leftovers().ShouldBe(leftover);
        await page.ChooseAsync("Answers");
        await Expect(page.Page.GetByLabel("Model", new() { Exact = true })).ToHaveValueAsync("<b>bold</b>");

        static string[] Leftovers() => Directory.GetDirectories(Path.GetTempPath(), "freegpt4-import-*");
    }

    [Fact]
    public async Task Import_ByWhoIsNoAdmin_OrTooLarge_IsRefused()
    {
        await using var site = new AdminSite(chat);
        await using var page = await site.OpenAsync();
        var token = (await page.ReadAsync("/api/me")).GetProperty("antiforgeryToken").GetString()!;
        // Only then it sends such a body when it may, and reads the refusal; a browser may see no more than that the connection ended.
        using var patient = site.CreateClient();
        patient.DefaultRequestHeaders.ExpectContinue = true;
        patient.DefaultRequestHeaders.Add("cookie", string.Join("; ", (await page.Page.Context.CookiesAsync()).Select(cookie => $"{cookie.Name}={cookie.Value}")));
        patient.DefaultRequestHeaders.Add("x-antiforgery-token", token);
        using var tooMuch = new ByteArrayContent(new byte[(16 << 20) + 1]) { Headers = { ContentType = new("application/octet-stream") } };
        using var large = await patient.PostAsync(new Uri("/api/settings/import", UriKind.Relative), tooMuch, Cancelled);
        var forged = await page.Page.Context.APIRequest.PostAsync(
            new Uri(site.Address, "/api/settings/import").ToString(), new() { DataByte = [1], Headers = [new("content-type", "application/octet-stream")] });
        using var stranger = site.CreateClient();
        using var content = new ByteArrayContent([1]);
        using var refused = await stranger.PostAsync(new Uri("/api/settings/import", UriKind.Relative), content, Cancelled);

        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        forged.Status.ShouldBe(400);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }
}
