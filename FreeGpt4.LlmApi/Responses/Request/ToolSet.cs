using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>A tool that the caller runs, under the name by which the upstream calls it.</summary>
/// <param name="Name">The caller's name for it.</param>
/// <param name="Namespace">The group that the caller put it in, if any.</param>
/// <param name="IsCustom">It takes free text, see <see cref="CustomInput"/>.</param>
/// <param name="Definition">As the caller wrote it; to be read only while the request is.</param>
internal sealed record Tool(string ChatName, string Name, string? Namespace, bool IsCustom, RequestField Definition);

/// <summary>The tools of a request, and which of them may or must be called.</summary>
internal sealed class ToolSet
{
    public const string AdditionalTools = "additional_tools";

    /// <summary>
    /// Coding agents list them whether or not they are of use. They are left out when the caller has tools of its own beside
    /// them, so that it is not lost without; a request that lives by them is refused.
    /// </summary>
    private static readonly string[] Dispensable = ["web_search", "web_search_preview", "image_generation", "tool_search"];

    private readonly Dictionary<string, Tool> _tools = [];
    private readonly List<RequestField> _definitions = [];
    private readonly List<RequestField> _leftOut = [];
    private Func<Tool, bool> _isAllowed = _ => true;
    private string? _choice;
    private Tool? _chosen;

    private ToolSet()
    {
    }

    /// <summary>The definitions in <c>tools</c> that are kept, for the response to repeat; to be read only while the request is.</summary>
    public IReadOnlyList<RequestField> Definitions => _definitions;

    /// <summary>Those of <c>tools</c>, and those that an item of type <c>additional_tools</c> brings: Codex has all of its own there.</summary>
    /// <exception cref="InvalidRequestException"/>
    public static ToolSet Read(RequestField root)
    {
        var set = new ToolSet();
        if (root["tools"] is { IsGiven: true } tools)
        {
            set._definitions.AddRange(tools.Items().Where(tool => set.AddDefinition(tool.Object())));
        }

        if (root["input"] is { IsArray: true } input)
        {
            foreach (var item in input.Items().Where(item => item.IsObject && item["type"] is { IsText: true } type && type.Text() is AdditionalTools))
            {
                foreach (var tool in item["tools"].Items())
                {
                    set.AddDefinition(tool.Object());
                }
            }
        }

        if (set._leftOut is [var first, ..] && set._tools.Count == 0)
        {
            throw NotSupported(first["type"]);
        }

        if (root["tool_choice"] is { IsGiven: true } choice)
        {
            set.Choose(choice);
        }

        return set;
    }

    /// <returns>The tool that an upstream called; one that nobody offered is taken for a function.</returns>
    public Tool Find(string chatName) =>
        _tools.TryGetValue(chatName, out var tool) ? tool : new(chatName, chatName, Namespace: null, IsCustom: false, default);

    /// <summary>The upstream's name for a tool in the history, whether or not it is still offered.</summary>
    public static string ChatName(RequestField group, RequestField name) =>
        ChatName(group.IsGiven ? group.Name() : null, name.Name());

    /// <summary>Writes <c>tools</c>, and what says how to use them: without tools upstreams refuse that.</summary>
    public void WriteChat(Utf8JsonWriter json, RequestField parallel)
    {
        parallel.Flag();
        var allowed = _tools.Values.Where(_isAllowed).ToList();
        if (allowed.Count == 0)
        {
            return;
        }

        json.WriteStartArray("tools");
        foreach (var tool in allowed)
        {
            ToolDefinition.WriteChat(json, tool);
        }

        json.WriteEndArray();
        json.WriteIfGiven("parallel_tool_calls", parallel);
        if (_chosen is not null)
        {
            json.WriteStartObject("tool_choice");
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", _chosen.ChatName);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        else if (_choice is not null)
        {
            json.WriteString("tool_choice", _choice);
        }
    }

    // Groups of MCP servers end in "__" already: mcp__github__ and search.
    private static string ChatName(string? group, string name) => group switch
    {
        null => name,
        _ when group.EndsWith("__", StringComparison.Ordinal) => group + name,
        _ => $"{group}__{name}",
    };

    /// <returns>Whether it was kept.</returns>
    private bool AddDefinition(RequestField tool)
    {
        var type = tool["type"];
        switch (type.Text())
        {
            case "function" or "custom":
                Add(tool, group: null);
                break;
            case "namespace":
                var group = tool["name"].Name();
                foreach (var member in tool["tools"].Items())
                {
                    Add(member.Object(), group);
                }

                break;
            case var name when Dispensable.Contains(name):
                _leftOut.Add(tool);
                return false;
            default:
                throw NotSupported(type);
        }

        return true;
    }

    private void Add(RequestField tool, string? group)
    {
        var name = tool["name"];
        var isCustom = tool["type"].Text() switch
        {
            "custom" => true,
            "function" => false,
            _ => throw tool["type"].Wrong("\"function\" or \"custom\""),
        };
        ToolDefinition.Check(tool, isCustom);
        if (!_tools.TryAdd(ChatName(group, name.Name()), new(ChatName(group, name.Name()), name.Name(), group, isCustom, tool)))
        {
            throw new InvalidRequestException($"'{name.Path}' is the name of an earlier tool: \"{name.Name()}\".", name.Path);
        }
    }

    private void Choose(RequestField choice)
    {
        if (choice.IsText)
        {
            ChooseMode(choice);
            return;
        }

        if (!choice.IsObject)
        {
            throw choice.Wrong("\"auto\", \"none\", \"required\" or an object");
        }

        switch (choice["type"].Text())
        {
            case "function" or "custom":
                _chosen = Named(choice);
                break;
            case "allowed_tools":
                var allowed = choice["tools"].Items().Select(tool => Named(tool.Object())).ToHashSet();
                _isAllowed = allowed.Contains;
                ChooseMode(choice["mode"]);
                break;
            default:
                throw NotSupported(choice["type"]);
        }
    }

    private void ChooseMode(RequestField mode)
    {
        _choice = mode.Text() is var word and ("auto" or "none" or "required")
            ? word
            : throw mode.Wrong("\"auto\", \"none\" or \"required\"");
        if (_choice is "required" && !_tools.Values.Any(_isAllowed))
        {
            throw new InvalidRequestException($"'{mode.Path}' is \"required\", and there is no tool in 'tools'.", mode.Path);
        }
    }

    private Tool Named(RequestField choice)
    {
        var name = choice["name"];
        return _tools.TryGetValue(ChatName(choice["namespace"], name), out var tool)
            ? tool
            : throw new InvalidRequestException($"'{name.Path}' is \"{name.Name()}\", and no such tool is in 'tools'.", name.Path);
    }

    private static InvalidRequestException NotSupported(RequestField type) => new(
        $"'{type.Path}' is \"{type.Text()}\", which is not supported: nothing is run here. Supported are the tools that you run yourself: "
        + "function and custom.",
        type.Path,
        "unsupported_tool");
}
