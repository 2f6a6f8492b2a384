using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Restores the probe project in a process of its own and records whether the NuGet sources carry Aspire.Hosting. Only NuGet's
/// "no such package" (NU1101) and "no such version" (NU1102) mean that they do not; any other failure is an error and records nothing.
/// Builds that run at the same time ask once: the others wait for the lock and take the answer.
/// </summary>
public sealed class AskNuGetSources : Task, ICancelableTask
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly ManualResetEvent _canceled = new ManualResetEvent(false);

    [Required] public string ChoiceFile { get; set; }

    /// <summary>The version to prefer, such as 13.5.2.</summary>
    [Required] public string Version { get; set; }

    /// <summary>The series of which the newest is taken where the preferred version is missing, such as 13.5.</summary>
    [Required] public string Series { get; set; }

    /// <summary>Files whose change makes the answer stale.</summary>
    public ITaskItem[] NuGetConfigs { get; set; } = new ITaskItem[0];

    [Required] public string Probe { get; set; }

    public string DotNetHost { get; set; }

    public string RestoreConfigFile { get; set; }

    public string RestoreSources { get; set; }

    /// <summary><c>packages</c> or <c>local</c>.</summary>
    [Output] public string Choice { get; set; }

    private string Folder => Path.GetDirectoryName(ChoiceFile);

    private string ProbeOutput => Path.Combine(Folder, "probe");

    public void Cancel() => _canceled.Set();

    public override bool Execute()
    {
        try
        {
            Directory.CreateDirectory(Folder);
            using (TakeLock())
            {
                Choice = RecordedChoice() ?? Ask();
            }
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException || e is TimeoutException
            || e is System.ComponentModel.Win32Exception)
        {
            Fail(e.Message);
        }

        return Choice != null;
    }

    private FileStream TakeLock()
    {
        var path = Path.Combine(Folder, "lock");
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < Patience && !_canceled.WaitOne(50))
            {
                // Another build is asking.
            }
        }
    }

    private string RecordedChoice()
    {
        if (!File.Exists(ChoiceFile))
        {
            return null;
        }

        var record = File.ReadAllText(ChoiceFile);
        return record.Contains("<_AspireHostingKey>" + Key() + "<")
            ? Regex.Match(record, "<AspireHosting>(packages|local)<").Groups[1].Value
            : null;
    }

    private string Ask()
    {
        // The newest of the series is asked for only where the preferred patch is missing, so that most builds use one and the same.
        foreach (var version in new[] { "[" + Version + "]", "[" + Series + ".*," + NextSeries() + ")" })
        {
            var output = Restore(version, out var exitCode);
            if (exitCode == 0)
            {
                var found = ResolvedVersion();
                return Record("packages", found, "the NuGet sources carry " + found);
            }

            var errors = Regex.Matches(output, @"\berror (?<code>[A-Z]+\d+): (?<text>.+)").Cast<Match>().ToList();
            if (errors.Count == 0 || errors.Any(error => !IsMissing(error.Groups["code"].Value)))
            {
                var cause = errors.FirstOrDefault(error => !IsMissing(error.Groups["code"].Value));
                Fail(cause is null ? LastLine(output) : cause.Groups["code"].Value + ": " + cause.Groups["text"].Value);
                return null;
            }

            if (errors.Any(error => error.Groups["code"].Value == "NU1101"))
            {
                break;
            }
        }

        return Record("local", null, "the NuGet sources carry no Aspire.Hosting " + Series);
    }

    private string NextSeries()
    {
        var series = System.Version.Parse(Series);
        return series.Major + "." + (series.Minor + 1);
    }

    private static bool IsMissing(string code) => code == "NU1101" || code == "NU1102";

    private string Restore(string version, out int exitCode)
    {
        // What an earlier restore left would let this one succeed without asking.
        if (Directory.Exists(ProbeOutput))
        {
            Directory.Delete(ProbeOutput, recursive: true);
        }

        var start = new ProcessStartInfo(string.IsNullOrEmpty(DotNetHost) ? "dotnet" : DotNetHost)
        {
            Arguments = string.Join(" ", RestoreArguments(version).Select(argument => "\"" + argument + "\"")),
            WorkingDirectory = Path.GetDirectoryName(Probe),
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What this build told its own MSBuild about itself is not for the other one.
        foreach (var name in new[] { "MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH" })
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";

        var output = new StringBuilder();
        void Append(object sender, DataReceivedEventArgs line)
        {
            lock (output)
            {
                output.AppendLine(line.Data);
            }
        }

        using (var process = new Process { StartInfo = start, EnableRaisingEvents = true })
        using (var exited = new ManualResetEvent(false))
        {
            process.OutputDataReceived += Append;
            process.ErrorDataReceived += Append;
            process.Exited += (sender, e) => exited.Set();
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (WaitHandle.WaitAny(new WaitHandle[] { exited, _canceled }, Patience) != 0)
            {
                process.Kill();
                process.WaitForExit();
                throw new TimeoutException(_canceled.WaitOne(0) ? "the build was canceled" : "no answer within " + Patience);
            }

            process.WaitForExit();
            exitCode = process.ExitCode;
        }

        lock (output)
        {
            return output.ToString();
        }
    }

    private IEnumerable<string> RestoreArguments(string version)
    {
        yield return "msbuild";
        yield return Probe;
        yield return "-t:Restore";
        yield return "-noLogo";
        yield return "-noAutoResponse";
        yield return "-tl:off";
        yield return "-v:minimal";
        yield return Property("ProbeVersion", version);
        yield return Property("ProbeOutput", ProbeOutput.Replace('\\', '/') + "/");
        if (!string.IsNullOrEmpty(RestoreConfigFile))
        {
            yield return Property("RestoreConfigFile", RestoreConfigFile);
        }

        if (!string.IsNullOrEmpty(RestoreSources))
        {
            yield return Property("RestoreSources", RestoreSources);
        }
    }

    // A comma or a semicolon would begin another property.
    private static string Property(string name, string value) =>
        "-p:" + name + "=" + value.Replace("%", "%25").Replace(";", "%3B").Replace(",", "%2C");

    private string ResolvedVersion()
    {
        var assets = File.ReadAllText(Path.Combine(ProbeOutput, "project.assets.json"));
        return Regex.Match(assets, "\"Aspire\\.Hosting/(?<version>[^\"]+)\"", RegexOptions.IgnoreCase).Groups["version"].Value;
    }

    private string Record(string choice, string version, string reason)
    {
        var record = new StringBuilder()
            .AppendLine("<!-- Written by the build: see aspire/build/AspireHosting.props. Delete this file to have the NuGet sources asked again. -->")
            .AppendLine("<Project>")
            .AppendLine("  <PropertyGroup>")
            .AppendLine("    <AspireHosting>" + choice + "</AspireHosting>");
        if (version != null)
        {
            record.AppendLine("    <AspireHostingVersion>" + SecurityElement.Escape(version) + "</AspireHostingVersion>");
        }

        record
            .AppendLine("    <_AspireHostingReason>" + SecurityElement.Escape(reason) + "</_AspireHostingReason>")
            .AppendLine("    <_AspireHostingKey>" + Key() + "</_AspireHostingKey>")
            .AppendLine("  </PropertyGroup>")
            .AppendLine("</Project>");

        // A reader sees the old record or the new one, never half of one.
        var draft = ChoiceFile + ".new";
        File.WriteAllText(draft, record.ToString());
        if (File.Exists(ChoiceFile))
        {
            File.Replace(draft, ChoiceFile, null);
        }
        else
        {
            File.Move(draft, ChoiceFile);
        }

        return choice;
    }

    // Read when the answer is there, since the first restore on a machine writes the user's NuGet.Config.
    private string Key() =>
        Version + string.Concat(NuGetConfigs.Select(config => "|" + new TaskItem(config.ItemSpec).GetMetadata("ModifiedTime")));

    private static string LastLine(string output) =>
        output.Split('\n').Select(line => line.Trim()).LastOrDefault(line => line.Length > 0) ?? "dotnet printed nothing";

    private void Fail(string cause)
    {
        var line = Regex.Replace(cause.Trim(), @"\s*\[[^\]]+proj\]$", "");
        line = Regex.Replace(line, "(?<=://)[^/@ ]+@", "");
        Log.LogError("The NuGet sources could not be asked for Aspire.Hosting " + Series + ": " + line.TrimEnd('.')
            + ". Nothing was recorded. Correct the sources or the network, or choose with -p:AspireHosting=packages or -p:AspireHosting=local.");
    }
}
