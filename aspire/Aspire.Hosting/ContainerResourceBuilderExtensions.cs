using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ContainerResourceBuilderExtensions
{
    /// <summary>Adds a container of the image's tag <c>latest</c>.</summary>
    public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, string name, string image)
        => builder.AddContainer(name, image, "latest");

    /// <param name="image">With or without registry, such as <c>postgres</c>.</param>
    public static IResourceBuilder<ContainerResource> AddContainer(
        this IDistributedApplicationBuilder builder, string name, string image, string tag)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(new ContainerResource(name)).WithImage(image, tag);
    }

    /// <summary>Adds a container whose image is built before it starts.</summary>
    /// <param name="contextPath">The folder that the Dockerfile copies from, relative to the folder of the AppHost.</param>
    /// <param name="dockerfilePath">Relative to that folder; by default <c>Dockerfile</c>.</param>
    /// <param name="stage">The stage to build; by default the last.</param>
    public static IResourceBuilder<ContainerResource> AddDockerfile(
        this IDistributedApplicationBuilder builder, string name, string contextPath, string? dockerfilePath = null, string? stage = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(new ContainerResource(name)).WithDockerfile(contextPath, dockerfilePath, stage);
    }

    /// <summary>Has the container's image built before it starts. It gets a name of its own, and stays in the engine for the next time.</summary>
    /// <inheritdoc cref="AddDockerfile"/>
    public static IResourceBuilder<T> WithDockerfile<T>(
        this IResourceBuilder<T> builder, string contextPath, string? dockerfilePath = null, string? stage = null) where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(contextPath);

        var context = Path.GetFullPath(contextPath, builder.ApplicationBuilder.AppHostDirectory).TrimEnd(Path.DirectorySeparatorChar);
        var build = new DockerfileBuildAnnotation(context, Path.GetFullPath(dockerfilePath ?? "Dockerfile", context), stage);
        var image = builder.Resource.Name.ToLowerInvariant();
        var tag = Tag(build);
        if (!builder.Resource.HasAnnotationOfType<ContainerImageAnnotation>())
        {
            return builder.WithAnnotation(build, ResourceAnnotationMutationBehavior.Replace).WithImage(image, tag);
        }

        (build.ImageName, build.ImageTag) = (image, tag);
        return builder.WithAnnotation(build, ResourceAnnotationMutationBehavior.Replace);
    }

    /// <summary>Gives a value to an <c>ARG</c> of the Dockerfile. Whoever has the image can read it.</summary>
    /// <param name="value">A text, a number, or a value that is known when the application runs; null for that of the environment.</param>
    /// <exception cref="InvalidOperationException">The image is not built from a Dockerfile.</exception>
    public static IResourceBuilder<T> WithBuildArg<T>(this IResourceBuilder<T> builder, string name, object? value) where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!builder.Resource.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build))
        {
            throw new InvalidOperationException($"'{builder.Resource.Name}' is not built from a Dockerfile: call WithDockerfile before WithBuildArg.");
        }

        build.BuildArguments[name] = value;
        return builder;
    }

    /// <exception cref="InvalidOperationException">The parameter is a secret, or the image is not built from a Dockerfile.</exception>
    public static IResourceBuilder<T> WithBuildArg<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> value)
        where T : ContainerResource => value.Resource.Secret
            ? throw new InvalidOperationException(
                $"Parameter '{value.Resource.Name}' is a secret, and whoever has the image of '{builder.Resource.Name}' could read the build argument '{name}'.")
            : builder.WithBuildArg(name, (object)value.Resource);

    /// <summary>Adds arguments to the command by which the engine makes the container, such as <c>--user</c>.</summary>
    public static IResourceBuilder<T> WithContainerRuntimeArgs<T>(this IResourceBuilder<T> builder, params string[] args) where T : ContainerResource
        => builder.WithAnnotation(new ContainerRuntimeArgsCallbackAnnotation(all =>
        {
            foreach (var arg in args)
            {
                all.Add(arg);
            }
        }));

    /// <param name="tag">By default the tag stays, or is <c>latest</c>.</param>
    public static IResourceBuilder<T> WithImage<T>(this IResourceBuilder<T> builder, string image, string? tag = null) where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(image);
        var former = builder.Resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var annotation) ? annotation : null;
        return builder.WithAnnotation(
            new ContainerImageAnnotation { Image = image, Tag = tag ?? former?.Tag ?? "latest", Registry = former?.Registry },
            ResourceAnnotationMutationBehavior.Replace);
    }

    public static IResourceBuilder<T> WithImageTag<T>(this IResourceBuilder<T> builder, string tag) where T : ContainerResource
        => builder.WithImageChange(image => (image.Tag, image.SHA256) = (tag, null));

    public static IResourceBuilder<T> WithImageRegistry<T>(this IResourceBuilder<T> builder, string? registry) where T : ContainerResource
        => builder.WithImageChange(image => image.Registry = registry);

    /// <param name="sha256">The digest in hexadecimal, without <c>sha256:</c>.</param>
    public static IResourceBuilder<T> WithImageSHA256<T>(this IResourceBuilder<T> builder, string sha256) where T : ContainerResource
        => builder.WithImageChange(image => (image.Tag, image.SHA256) = (null, sha256));

    public static IResourceBuilder<T> WithEntrypoint<T>(this IResourceBuilder<T> builder, string entrypoint) where T : ContainerResource
    {
        builder.Resource.Entrypoint = entrypoint;
        return builder;
    }

    /// <summary>Lets the engine know the container by this name: a second one of the same name cannot start.</summary>
    public static IResourceBuilder<T> WithContainerName<T>(this IResourceBuilder<T> builder, string name) where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.WithAnnotation(new ContainerNameAnnotation { Name = name }, ResourceAnnotationMutationBehavior.Replace);
    }

    /// <summary>Keeps a folder of the container in a volume, which stays when the container goes.</summary>
    /// <param name="name">The volume, made when there is none; null for one that only this container has.</param>
    /// <param name="target">The path in the container.</param>
    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target, bool isReadOnly = false)
        where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        return builder.WithAnnotation(new ContainerMountAnnotation(name, target, ContainerMountType.Volume, isReadOnly));
    }

    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string target) where T : ContainerResource
        => builder.WithVolume(name: null, target);

    /// <summary>Shows the container a file or folder of this machine.</summary>
    /// <param name="source">Relative to the folder of the AppHost.</param>
    /// <param name="target">The path in the container.</param>
    public static IResourceBuilder<T> WithBindMount<T>(this IResourceBuilder<T> builder, string source, string target, bool isReadOnly = false)
        where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(target);
        var path = Path.GetFullPath(source, builder.ApplicationBuilder.AppHostDirectory);
        return builder.WithAnnotation(new ContainerMountAnnotation(path, target, ContainerMountType.BindMount, isReadOnly));
    }

    public static IResourceBuilder<T> WithLifetime<T>(this IResourceBuilder<T> builder, ContainerLifetime lifetime) where T : ContainerResource
        => lifetime is ContainerLifetime.Session
            ? builder
            : throw new NotSupportedException($"ContainerLifetime.{lifetime} is not supported by the local Aspire.Hosting.");

    // The same at every start, so that a new image takes the place of the last, and no other container's.
    private static string Tag(DockerfileBuildAnnotation build)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{build.DockerfilePath}\n{build.ContextPath}\n{build.Stage}")))[..12];

    private static IResourceBuilder<T> WithImageChange<T>(this IResourceBuilder<T> builder, Action<ContainerImageAnnotation> change)
        where T : ContainerResource
    {
        change(builder.Resource.GetLastAnnotation<ContainerImageAnnotation>());
        return builder;
    }
}
