using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FreeGpt4.Tests.Aspire.PublicSurface;

/// <summary>
/// What others may use of an assembly: a line for every public type, everything that it is (bases, interfaces) and every member, as a
/// compiler sees them. Two assemblies with the same lines can stand in for each other.
/// </summary>
internal static class PublicSurface
{
    private static readonly SymbolDisplayFormat Signature = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints
            | SymbolDisplayGenericsOptions.IncludeVariance,
        memberOptions: SymbolDisplayMemberOptions.IncludeAccessibility | SymbolDisplayMemberOptions.IncludeContainingType
            | SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeRef
            | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeConstantValue,
        delegateStyle: SymbolDisplayDelegateStyle.NameAndSignature,
        extensionMethodStyle: SymbolDisplayExtensionMethodStyle.StaticMethod,
        parameterOptions: SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeExtensionThis
            | SymbolDisplayParameterOptions.IncludeModifiers | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeType,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        kindOptions: SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeMemberKeyword,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes
            | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier | SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers
            | SymbolDisplayMiscellaneousOptions.AllowDefaultLiteral);

    /// <summary>All that this process was built with, to resolve names by.</summary>
    private static IEnumerable<MetadataReference> References =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));

    /// <param name="name">Of an assembly that the tests refer to.</param>
    public static IReadOnlySet<string> OfAssembly(string name)
    {
        var reference = MetadataReference.CreateFromFile(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"));
        var compilation = CSharpCompilation.Create("reader", references: [.. References, reference]);
        return Of((IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(reference)!);
    }

    /// <param name="files">C# without bodies, together one assembly; types that are not known here stay as they are written.</param>
    public static IReadOnlySet<string> OfListings(IEnumerable<string> files) => Of(CSharpCompilation.Create(
        "listings",
        files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file))),
        References.Where(reference => Path.GetFileName(reference.Display)?.StartsWith("Aspire.", StringComparison.Ordinal) is false),
        new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)).Assembly);

    private static SortedSet<string> Of(IAssemblySymbol assembly) =>
        new(PublicTypes(assembly.GlobalNamespace).SelectMany(LinesOf), StringComparer.Ordinal);

    private static IEnumerable<INamedTypeSymbol> PublicTypes(INamespaceOrTypeSymbol place) => place.GetMembers().SelectMany(member => member switch
    {
        INamespaceSymbol inner => PublicTypes(inner),
        INamedTypeSymbol { DeclaredAccessibility: Accessibility.Public } type => PublicTypes(type).Prepend(type),
        _ => [],
    });

    private static IEnumerable<string> LinesOf(INamedTypeSymbol type)
    {
        var name = type.ToDisplayString(Signature);
        yield return $"{Modifier(type)}{name}{Warning(type)}";
        foreach (var general in GeneralTypes(type))
        {
            yield return $"{name} : {general.ToDisplayString(Signature)}";
        }

        foreach (var member in type.GetMembers().Where(IsForOthers))
        {
            yield return $"{member.ToDisplayString(Signature)}{Warning(member)}";
        }
    }

    private static string Modifier(INamedTypeSymbol type) => type switch
    {
        { TypeKind: not TypeKind.Class } => "",
        { IsStatic: true } => "static ",
        { IsSealed: true } => "sealed ",
        { IsAbstract: true } => "abstract ",
        _ => "",
    };

    private static IEnumerable<INamedTypeSymbol> GeneralTypes(INamedTypeSymbol type)
    {
        for (var general = type.BaseType; general is { SpecialType: SpecialType.None }; general = general.BaseType)
        {
            yield return general;
        }

        foreach (var implemented in type.AllInterfaces.Where(one => one.DeclaredAccessibility is Accessibility.Public))
        {
            yield return implemented;
        }
    }

    private static bool IsForOthers(ISymbol member) =>
        member is { DeclaredAccessibility: Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal }
            and (IFieldSymbol or IPropertySymbol or IEventSymbol or IMethodSymbol
            {
                MethodKind: MethodKind.Ordinary or MethodKind.Constructor or MethodKind.Conversion or MethodKind.UserDefinedOperator,
            });

    // What stops or warns who uses it: without the same one here, code would compile against one of the two only.
    private static string Warning(ISymbol symbol)
    {
        for (var place = symbol; place is not null; place = place.ContainingType)
        {
            foreach (var attribute in place.GetAttributes())
            {
                switch (attribute.AttributeClass?.Name)
                {
                    case "ExperimentalAttribute":
                        return $" [Experimental {attribute.ConstructorArguments[0].Value}]";
                    case "ObsoleteAttribute":
                        return " [Obsolete]";
                }
            }
        }

        return "";
    }
}
