using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FreeGpt4.AppHost.Compose;

/// <summary>A YAML file as a tree.</summary>
internal sealed class YamlFile
{
    // Wanted only where another document follows.
    private const string EndOfDocument = "...\n";

    private static readonly EmitterSettings Format = EmitterSettings.Default.WithIndentedSequences();

    private readonly YamlMappingNode _root;

    private YamlFile(TextReader text)
    {
        var stream = new YamlStream();
        stream.Load(text);
        _root = (YamlMappingNode)stream.Documents[0].RootNode;
    }

    public static YamlFile Read(string path)
    {
        using var text = new StreamReader(path);
        return new(text);
    }

    /// <summary>One that is part of this program.</summary>
    public static YamlFile Embedded(string name)
    {
        using var stream = typeof(YamlFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not in the program.");
        using var text = new StreamReader(stream);
        return new(text);
    }

    /// <summary>Takes over what another file has: into mappings, in place of everything else. What is <c>null</c> there is removed here.</summary>
    public void Change(YamlFile changes) => Change(_root, changes._root);

    /// <param name="comment">What is above everything else.</param>
    public void Write(string path, string comment)
    {
        using var text = new StringWriter { NewLine = "\n" };
        foreach (var line in comment.ReplaceLineEndings("\n").Split('\n'))
        {
            text.WriteLine(line is "" ? "#" : $"# {line}");
        }

        text.WriteLine();
        new YamlStream(new YamlDocument(_root)).Save(new Emitter(text, Format), assignAnchors: false);
        var yaml = text.ToString();
        File.WriteAllText(path, yaml.EndsWith(EndOfDocument, StringComparison.Ordinal) ? yaml[..^EndOfDocument.Length] : yaml);
    }

    private static void Change(YamlMappingNode target, YamlMappingNode changes)
    {
        foreach (var (key, change) in changes.Children)
        {
            if (change is YamlScalarNode { Style: ScalarStyle.Plain, Value: "null" })
            {
                target.Children.Remove(key);
            }
            else if (change is YamlMappingNode { Children.Count: > 0 } mapping && target.Children.TryGetValue(key, out var former) && former is YamlMappingNode inner)
            {
                Change(inner, mapping);
            }
            else
            {
                target.Children[key] = change;
            }
        }
    }
}
