using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>
/// The input items as chat messages. Chat wants one message for what the items tell in several: the words of an assistant's
/// turn and its tool calls; and one for the instructions, since chat templates of open models take no second system message.
/// </summary>
internal sealed class InputMessages
{
    private readonly Utf8JsonWriter _json;
    private readonly List<RequestField> _instructions = [];
    private readonly AssistantTurn _turn;
    private readonly List<RequestField> _imagesOfTools = [];
    private bool _hasBegun;

    private InputMessages(Utf8JsonWriter json)
    {
        _json = json;
        _turn = new(json);
    }

    public static void Write(Utf8JsonWriter json, RequestField instructions, RequestField input)
    {
        var messages = new InputMessages(json);
        if (instructions.IsGiven)
        {
            messages._instructions.Add(instructions.RawText());
        }

        if (input.IsText)
        {
            messages.Begin();
            json.WriteUser(input);
        }
        else
        {
            messages.WriteItems(input.IsArray ? input : throw input.Wrong("a string or an array of items"));
        }
    }

    private void WriteItems(RequestField input)
    {
        foreach (var item in input.Items())
        {
            WriteItem(item.Object());
        }

        if (!_hasBegun && _instructions.Count == 0)
        {
            throw new InvalidRequestException($"'{input.Path}' must hold at least one message.", input.Path);
        }

        Begin();
        End();
    }

    private void WriteItem(RequestField item)
    {
        var type = item["type"];
        switch (type.IsGiven ? type.Text() : item["role"].IsGiven ? "message" : item["id"].IsGiven ? "item_reference" : throw type.Wrong("given"))
        {
            case "message":
                WriteMessage(item);
                break;
            case "function_call":
                Assistant().Call(item["call_id"], ToolSet.ChatName(item["namespace"], item["name"]), item["arguments"].RawText().Raw);
                break;
            case "custom_tool_call":
                Assistant().Call(item["call_id"], ToolSet.ChatName(item["namespace"], item["name"]), CustomInput.Wrap(item["input"]));
                break;
            case "function_call_output" or "custom_tool_call_output":
                WriteToolOutput(item);
                break;

            // An upstream's reasoning is of use to that upstream only, and strict ones refuse it; searches were another's.
            case "reasoning" or "web_search_call":
                break;
            case ToolSet.AdditionalTools:
                break;
            case "item_reference":
                throw new InvalidRequestException(
                    $"'{item.Path}' refers to a stored item: no item is stored here; send the item itself.", item.Path, "unsupported_item");
            case var other:
                throw new InvalidRequestException(
                    $"'{type.Path}' is \"{other}\", which is not supported; supported are message, function_call, function_call_output, "
                    + "custom_tool_call, custom_tool_call_output and reasoning.",
                    type.Path,
                    "unsupported_item");
        }
    }

    private void WriteMessage(RequestField item)
    {
        var content = item["content"];
        switch (item["role"].Text())
        {
            case "user":
                Begin();
                End();
                _json.WriteUser(content);
                break;
            case "system" or "developer" when !_hasBegun:
                _instructions.AddRange(MessageContent.Texts(content));
                break;
            case "system" or "developer":
                End();
                _json.WriteMessage("system", MessageContent.Texts(content));
                break;
            case "assistant":
                Assistant().Say(content);
                break;
            default:
                throw item["role"].Wrong("\"user\", \"assistant\", \"system\" or \"developer\"");
        }
    }

    private void WriteToolOutput(RequestField item)
    {
        Begin();
        _turn.End();
        var output = item["output"];
        _json.WriteStartObject();
        _json.WriteString("role", "tool");
        _json.WriteRaw("tool_call_id", item["call_id"].RawText());
        _json.WritePropertyName("content");
        if (output.IsText)
        {
            _json.WriteRawValue(output.Raw, skipInputValidation: true);
        }
        else
        {
            var parts = output.IsArray ? output.Items().ToList() : throw output.Wrong("a string or an array of parts");
            var others = parts.FindAll(part => !MessageContent.IsText(part.Object()));
            _json.WriteJoined([.. parts.Except(others).Select(part => part["text"].RawText())], "\\n"u8);
            _imagesOfTools.AddRange(others);
        }

        _json.WriteEndObject();
    }

    private AssistantTurn Assistant()
    {
        Begin();
        EndTools();
        return _turn;
    }

    private void Begin()
    {
        if (!_hasBegun && _instructions.Count > 0)
        {
            _json.WriteMessage("system", _instructions);
        }

        _hasBegun = true;
    }

    private void End()
    {
        _turn.End();
        EndTools();
    }

    // A tool message takes no images, and nothing may come between the tool messages of one turn.
    private void EndTools()
    {
        if (_imagesOfTools.Count > 0)
        {
            _json.WriteUser(_imagesOfTools);
            _imagesOfTools.Clear();
        }
    }
}
