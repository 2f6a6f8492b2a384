using Aspire.Hosting.Dcp;

namespace FreeGpt4.Tests.Aspire.Dcp;

public sealed class DcpLogLineTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 14, 30, 23, 699, TimeSpan.Zero);

    [Theory]
    [InlineData("76 2026-11-23T14:30:23.699Z       Executed endpoint", 76, "      Executed endpoint")]
    [InlineData("2 2026-11-23T14:30:23.699Z ", 2, "")]
    [InlineData("3 2026-11-23T14:30:23.699Z", 3, "")]
    [InlineData("4 2026-11-23T14:30:23.699Z 5 2026-11-23T14:30:23.699Z x", 4, "5 2026-11-23T14:30:23.699Z x")]
    [InlineData("2026-11-23T14:30:23.699000000Z a container's line", 0, "a container's line")]
    [InlineData("2026-11-23T14:30:23.699Z ", 0, "")]
    public void Line_WithNumberAndTime_IsTakenApart(string line, long number, string text) =>
        DcpLogLine.Parse(line).ShouldBe(new DcpLogLine(number, Time, text));

    [Theory]
    [InlineData("no number")]
    [InlineData("12 o'clock")]
    [InlineData("-1 2026-11-23T14:30:23.699Z x")]
    [InlineData("")]
    public void Line_InAnotherForm_IsItsOwnText(string line) => DcpLogLine.Parse(line).ShouldBe(new DcpLogLine(0, null, line));

    [Fact]
    public void SystemLine_WithErrorAndArguments_TellsTheErrorAndNotTheArguments()
    {
        const string Line =
            "2026-11-23T14:30:23.699Z\terror\tExecutableReconciler\tFailed to start a process\t" +
            """{"Executable": "/api", "Cmd": "/x", "Args": ["--key", "s3cr3t"], "error": "fork/exec /x: no such file or directory"}""";

        DcpLogLine.ParseSystem(Line, 7)
            .ShouldBe(new DcpLogLine(7, Time, "Failed to start a process: fork/exec /x: no such file or directory"));
    }

    [Theory]
    [InlineData("2026-11-23T14:30:23.699Z\tinfo\tdcp\tStarting", "Starting")]
    [InlineData("2026-11-23T14:30:23.699Z\tinfo\tdcp\tStarting\t{\"Args\": [\"s3cr3t", "Starting")]
    [InlineData("2026-11-23T14:30:23.699Z\tinfo\tdcp\tStarting\t[1]", "Starting")]
    public void SystemLine_WithoutError_TellsTheMessage(string line, string text) =>
        DcpLogLine.ParseSystem(line, 1).ShouldBe(new DcpLogLine(1, Time, text));
}
