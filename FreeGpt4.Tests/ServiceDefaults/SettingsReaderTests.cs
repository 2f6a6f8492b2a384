using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class SettingsReaderTests
{
    private const string Name = "SOME_SETTING";

    [Theory]
    [InlineData("7", 7)]
    [InlineData(" 8 ", 8)]
    [InlineData("", 5)]
    [InlineData(null, 5)]
    public void Number_GoodOrUnset_IsRead(string? value, int expected)
        => Read(value, settings => settings.Number(Name, 5, 1, 9)).ShouldBe(expected);

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("10m", 600)]
    [InlineData("1h", 3600)]
    [InlineData("", 5)]
    public void Duration_GoodOrUnset_IsRead(string value, double expectedSeconds)
        => Read(value, settings => settings.Duration(Name, TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromHours(1)))
            .TotalSeconds.ShouldBe(expectedSeconds);

    [Theory]
    [InlineData("100", 100)]
    [InlineData("64k", 65536)]
    [InlineData("16M", 16777216)]
    [InlineData("1G", 1073741824)]
    [InlineData("", 5)]
    public void Size_GoodOrUnset_IsRead(string value, long expected)
        => Read(value, settings => settings.Size(Name, 5, 0, 1L << 31)).ShouldBe(expected);

    [Theory]
    [InlineData("0")]
    [InlineData("10")]
    [InlineData("1.5")]
    [InlineData("1e1")]
    [InlineData("99999999999")]
    [InlineData("five")]
    public void Number_Bad_IsNamedWithItsValueAndRange(string value)
        => Failures(value, settings => settings.Number(Name, 5, 1, 9))
            .ShouldBe([$"SOME_SETTING is \"{value}\"; allowed is a whole number from 1 to 9."]);

    [Theory]
    [InlineData("5")]
    [InlineData("5 s")]
    [InlineData("5d")]
    [InlineData("-5s")]
    [InlineData("61m")]
    [InlineData("ms")]
    public void Duration_Bad_IsNamedWithItsValueAndRange(string value)
        => Failures(value, settings => settings.Duration(Name, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1)))
            .ShouldBe([$"SOME_SETTING is \"{value}\"; allowed is a time such as 500ms, 30s, 10m or 1h, from 0s to 3600s."]);

    [Fact]
    public void Settings_SeveralBad_AreAllNamedOnALineEach()
    {
        var failures = Failures("x\ny", settings =>
        {
            settings.Number(Name, 5, 1, 9);
            settings.Size(Name, 5, 0, 9);
        });

        failures.Count.ShouldBe(2);
        failures.ShouldAllBe(line => line.StartsWith("SOME_SETTING is \"x y\"; allowed is ") && !line.Contains('\n'));
    }

    private static T Read<T>(string? value, Func<SettingsReader, T> read)
    {
        var settings = SettingsOf(value);
        var result = read(settings);
        settings.ThrowIfBad<SettingsReaderTests>();
        return result;
    }

    private static List<string> Failures(string value, Action<SettingsReader> read)
    {
        var settings = SettingsOf(value);
        read(settings);
        return [.. Should.Throw<OptionsValidationException>(settings.ThrowIfBad<SettingsReaderTests>).Failures];
    }

    private static SettingsReader SettingsOf(string? value)
        => new(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [Name] = value }).Build());
}
