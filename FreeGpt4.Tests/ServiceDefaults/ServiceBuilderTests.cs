using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class ServiceBuilderTests
{
    [Theory]
    [InlineData("FreeGpt4.LlmApi")]
    [InlineData("FreeGpt4.Proxy")]
    public async Task Service_Running_WatchesNoFolder(string program)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells what a process watches.");
        using var folder = new TemporaryFolder();
        await using var service = ServiceProcess.Start(
            program, ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("DATA_DIR", folder.Path), ("LOG_LEVEL", "INFO"));
        await service.AddressAsync();

        // Nothing of a file that was closed meanwhile.
        Directory.GetFileSystemEntries($"/proc/{service.Id}/fd")
            .Select(file => new FileInfo(file).LinkTarget)
            .ShouldNotContain(target => target != null && target.Contains("inotify"));
    }
}
