namespace Aspire.Hosting.Dcp;

/// <summary>DCP reads arguments and environment variables, inherited ones too, as Go templates: https://pkg.go.dev/text/template</summary>
internal static class DcpTemplate
{
    /// <summary>A template that yields the value as it is.</summary>
    public static string Literal(string value) => value.Replace("{{", "{{\"{{\"}}", StringComparison.Ordinal);
}
