using System.Text;
using System.Text.Json;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>
/// <c>id</c>, <c>object</c>, <c>created</c> and <c>model</c> of an answer, each as the member <c>"name":value</c>: the upstream's,
/// or ours where it gave none. Every chunk of a stream carries those of the first.
/// </summary>
internal sealed class AnswerIdentity
{
    private readonly ReadOnlyMemory<byte> _id;
    private readonly ReadOnlyMemory<byte> _object;
    private readonly ReadOnlyMemory<byte> _created;
    private readonly ReadOnlyMemory<byte> _model;

    public AnswerIdentity(AnswerJson first, AnswerShape shape, string model, TimeProvider time)
    {
        _id = first.Id.IsText
            ? Member("\"id\":"u8, first.Id.In(first.Json))
            : Encoding.UTF8.GetBytes($"\"id\":\"{shape.IdPrefix}{Guid.NewGuid():N}\"");
        _object = Encoding.UTF8.GetBytes($"\"object\":\"{shape.Object}\"");
        _created = IsWholeNumber(first.Created, first.Json)
            ? Member("\"created\":"u8, first.Created.In(first.Json))
            : Encoding.UTF8.GetBytes($"\"created\":{time.GetUtcNow().ToUnixTimeSeconds()}");
        _model = first.Model.IsText
            ? Member("\"model\":"u8, first.Model.In(first.Json))
            : Encoding.UTF8.GetBytes($"\"model\":\"{JsonEncodedText.Encode(model)}\"");
    }

    /// <summary>The four members, joined by commas.</summary>
    public byte[] Members => [.. _id.Span, (byte)',', .. _object.Span, (byte)',', .. _created.Span, (byte)',', .. _model.Span];

    /// <summary>Notes what has to change for the answer or chunk to carry this identity.</summary>
    public void Apply(AnswerJson answer, JsonEdits edits)
    {
        Keep(answer.Id, _id, "\"id\":".Length);
        Keep(answer.Object, _object, "\"object\":".Length);
        Keep(answer.Created, _created, "\"created\":".Length);
        Keep(answer.Model, _model, "\"model\":".Length);

        void Keep(JsonSlice found, ReadOnlyMemory<byte> member, int prefix)
        {
            if (found.IsMissing)
            {
                edits.Add(answer.Json, answer.Root, member);
            }
            else if (!found.In(answer.Json).SequenceEqual(member.Span[prefix..]))
            {
                edits.Replace(found, member[prefix..]);
            }
        }
    }

    private static byte[] Member(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => [.. name, .. value];

    private static bool IsWholeNumber(JsonSlice slice, ReadOnlyMemory<byte> json) =>
        slice.Kind is JsonTokenType.Number && slice.In(json).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
}
