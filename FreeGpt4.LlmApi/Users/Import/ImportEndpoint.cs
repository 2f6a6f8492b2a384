using System.Text.Json;
using System.Text.Json.Serialization;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State.Backups;
using Microsoft.AspNetCore.Mvc;

namespace FreeGpt4.LlmApi.Users.Import;

/// <summary><c>import settings.db</c> for who has a browser and no shell: the file is the body.</summary>
internal static class ImportEndpoint
{
    private const int Largest = 16 << 20;
    private const string MediaType = "application/octet-stream";

    // What it is called there; where it is here concerns nobody.
    private const string Name = "The file";

    /// <summary>Within <c>/api/settings</c>.</summary>
    public static RouteGroupBuilder MapImport(this RouteGroupBuilder settings)
    {
        // Each takes a file and memory.
        var turn = new SemaphoreSlim(1);
        settings.MapPost("/import", async (HttpContext context, OlderImport import, StoredSettings stored, UserDirectory users) =>
        {
            // No form of another site can send it.
            if (context.Request.ContentType != MediaType)
            {
                throw new InvalidRequestException(
                    $"Send settings.db as it is, with the header Content-Type: {MediaType}.", code: "unsupported_media_type", status: StatusCodes.Status415UnsupportedMediaType);
            }

            await turn.WaitAsync(context.RequestAborted);
            try
            {
                var report = await ImportAsync(context.Request.Body, import, context.RequestAborted);
                await stored.ReadAsync(context.RequestAborted);
                await users.ReadAsync(context.RequestAborted);
                return TypedResults.Json(
                    new ImportReply(report.Taken, [.. report.NotTaken.Select(left => new LeftReply(left.What, left.Why))]), ImportJsonContext.Default.ImportReply);
            }
            finally
            {
                turn.Release();
            }
        }).WithMetadata(new RequestSizeLimitAttribute(Largest));
        return settings;
    }

    private static async Task<ImportReport> ImportAsync(Stream body, OlderImport import, CancellationToken cancellationToken)
    {
        // Nobody else can look into it. SQLite may put files of its own beside the database.
        var folder = Directory.CreateTempSubdirectory("freegpt4-import-");
        try
        {
            var file = Path.Combine(folder.FullName, "settings.db");
            await using (var written = new FileStream(file, FileMode.CreateNew, FileAccess.Write))
            {
                await body.CopyToAsync(written, cancellationToken);
            }

            return await import.RunAsync(file, Name, cancellationToken);
        }
        catch (BackupException e)
        {
            throw new InvalidRequestException(e.Message, code: "invalid_import");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

/// <param name="Taken">What is here now.</param>
/// <param name="Left">What is not, and why.</param>
internal sealed record ImportReply(IReadOnlyList<string> Taken, IReadOnlyList<LeftReply> Left);

internal sealed record LeftReply(string What, string Why);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ImportReply))]
internal sealed partial class ImportJsonContext : JsonSerializerContext;
