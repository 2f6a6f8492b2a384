namespace Aspire.Hosting.Pipelines;

/// <summary>Which steps have to be done for another, and in which order.</summary>
internal sealed class PipelinePlan
{
    private readonly Dictionary<string, PipelineStep> _steps;
    private readonly ILookup<string, string> _requirements;

    public PipelinePlan(IReadOnlyList<PipelineStep> steps)
    {
        _steps = steps.ToDictionary(step => step.Name);
        _requirements = steps.SelectMany(step => step.DependsOnSteps.Select(name => (Step: step.Name, Requirement: name))
                .Concat(step.RequiredBySteps.Select(name => (Step: name, Requirement: step.Name))))
            .ToLookup(pair => pair.Step, pair => pair.Requirement);
    }

    /// <exception cref="DistributedApplicationException">There is no such step, or one depends on itself.</exception>
    public IReadOnlyList<PipelineStep> StepsFor(params string[] names)
    {
        var ordered = new List<PipelineStep>();
        var visiting = new Stack<string>();
        foreach (var name in names)
        {
            Visit(name, ordered, visiting);
        }

        return ordered;
    }

    private void Visit(string name, List<PipelineStep> ordered, Stack<string> visiting)
    {
        if (!_steps.TryGetValue(name, out var step))
        {
            throw new DistributedApplicationException(visiting.TryPeek(out var by)
                ? $"Step '{by}' depends on '{name}', which does not exist; there are {Known()}."
                : $"--step is \"{name}\", which does not exist; allowed is one of {Known()}.");
        }

        if (visiting.Contains(name))
        {
            throw new DistributedApplicationException($"Step '{name}' depends on itself: {string.Join(" <- ", visiting)}.");
        }

        if (ordered.Contains(step))
        {
            return;
        }

        visiting.Push(name);
        foreach (var requirement in _requirements[name])
        {
            Visit(requirement, ordered, visiting);
        }

        visiting.Pop();
        ordered.Add(step);
    }

    private string Known() => string.Join(", ", _steps.Keys.Order(StringComparer.Ordinal));
}
