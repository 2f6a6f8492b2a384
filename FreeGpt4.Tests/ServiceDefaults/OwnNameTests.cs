using FreeGpt4.ServiceDefaults.LogFiles;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class OwnNameTests
{
    [Fact]
    public void Name_WhoseLockCannotBeOpened_IsAnErrorThatSaysWhichFile()
    {
        using var folder = new TemporaryFolder();
        // Not even root can open a folder as a file.
        Directory.CreateDirectory(Path.Combine(folder.Path, ".a.lock"));

        var refused = Should.Throw<OptionsValidationException>(() => OwnName.Take(folder.Path, "a"));

        refused.Failures.ShouldHaveSingleItem().ShouldStartWith($"LOG_DIR is \"{folder.Path}\", where .a.lock cannot be opened (");
    }
}
