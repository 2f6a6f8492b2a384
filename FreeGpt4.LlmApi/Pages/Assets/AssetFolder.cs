using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.FileProviders;

namespace FreeGpt4.LlmApi.Pages.Assets;

/// <summary>
/// What the pages are made of, below <c>/assets/</c>. One hash over all of it names a folder, <c>/assets/&lt;hash&gt;/</c>, in which every
/// file may be kept for good, and in which modules find each other by relative paths.
/// </summary>
internal sealed class AssetFolder
{
    public const string Root = "/assets";

    // Made at the build or at publishing from the file beside them.
    private static readonly string[] Compressed = [".gz", ".br"];

    private readonly IFileProvider _files;
    private readonly string _version;

    public AssetFolder(IWebHostEnvironment environment)
    {
        _files = environment.WebRootFileProvider;
        _version = Hash(environment.WebRootFileProvider);
        Current = $"{Root}/{_version}/";
    }

    /// <summary>The folder that pages link to, with a slash at the end.</summary>
    public string Current { get; }

    /// <summary>Where the scripts of a folder are, as pages link to them.</summary>
    public IEnumerable<string> Modules(string folder) => Files(_files, $"{Root[1..]}/{folder}")
        .Select(found => found.Path)
        .Where(path => path.EndsWith(".js", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(path => Current + path[Root.Length..]);

    /// <summary>Reads <c>/assets/&lt;hash&gt;/chat/chat.js</c>.</summary>
    /// <param name="file">Where the file is: <c>/assets/chat/chat.js</c>.</param>
    /// <param name="isCurrent">Whether the hash is of what is here, and not of an older or newer version during an update.</param>
    public bool TryRead(PathString path, out PathString file, out bool isCurrent)
    {
        (file, isCurrent) = (default, false);
        if (!path.StartsWithSegments(Root, StringComparison.Ordinal, out var rest) || rest.Value is not { Length: > 2 } text)
        {
            return false;
        }

        var slash = text.IndexOf('/', 1);
        if (slash != _version.Length + 1 || !text[1..slash].All(char.IsAsciiHexDigitLower))
        {
            return false;
        }

        (file, isCurrent) = ($"{Root}{text[slash..]}", text.AsSpan(1, _version.Length).SequenceEqual(_version));
        return true;
    }

    private static string Hash(IFileProvider files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, file) in Files(files, Root[1..]).OrderBy(found => found.Path, StringComparer.Ordinal))
        {
            using var stream = file.CreateReadStream();
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private static IEnumerable<(string Path, IFileInfo File)> Files(IFileProvider files, string folder) => files.GetDirectoryContents(folder)
        .SelectMany(entry => $"{folder}/{entry.Name}" is var path && entry.IsDirectory ? Files(files, path) : [(path, entry)])
        .Where(found => !Compressed.Contains(Path.GetExtension(found.Path)));
}
