using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.PublicSurface;

/// <summary>
/// What <c>aspire/</c> offers is part of what the packages offer, to the letter: what compiles against the one compiles against the other.
/// The lists beside this file say what the packages offer of it. They are made from the listings that Aspire publishes beside its sources,
/// https://github.com/microsoft/aspire/tree/release/13.5/src, as <c>src/*/api/*.cs</c>.
/// </summary>
public sealed class PublicSurfaceTests
{
    // A folder with these listings, to make the lists anew from.
    private const string Listings = "ASPIRE_LISTINGS";

    private static readonly string Folder = Path.Combine(Repository.Path, "FreeGpt4.Tests", "Aspire", "PublicSurface");

    public static TheoryData<string> Assemblies => ["Aspire.Hosting", "Aspire.Hosting.Docker", "Aspire.Hosting.Testing", "Aspire.Hosting.Yarp"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Surface_IsThatOfThePackages(string assembly)
    {
        var ours = PublicSurface.OfAssembly(assembly);
        var theirs = Packages(assembly, ours);

        ours.Except(theirs).ShouldBeEmpty($"{assembly} has what the packages have not, or have in another form.");
        theirs.Except(ours).ShouldBeEmpty($"{assembly} no longer has what the list has: take it out of {PathOf(assembly)}.");
    }

    [Fact]
    public void OtherTests_CompileWithoutTheTestsOfThisLayer()
    {
        var tests = Path.Combine(Repository.Path, "FreeGpt4.Tests");
        var others = Directory.GetFiles(tests, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(tests, file).StartsWith("Aspire", StringComparison.Ordinal));

        // With the packages they are not there: FreeGpt4.Tests.csproj.
        others.Where(file => File.ReadAllText(file).Contains("FreeGpt4.Tests.Aspire", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static string[] Packages(string assembly, IReadOnlySet<string> ours)
    {
        if (Environment.GetEnvironmentVariable(Listings) is { Length: > 0 } folder)
        {
            var all = PublicSurface.OfListings(Directory.GetFiles(folder, "Aspire.Hosting*.cs", SearchOption.AllDirectories));
            File.WriteAllLines(PathOf(assembly), ours.Where(all.Contains));
        }

        return File.ReadAllLines(PathOf(assembly));
    }

    private static string PathOf(string assembly) => Path.Combine(Folder, $"{assembly}.txt");
}
