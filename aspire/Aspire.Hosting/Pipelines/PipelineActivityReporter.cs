using System.Globalization;
using System.Threading.Channels;
using Aspire.Hosting.Backchannel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Pipelines;

/// <summary>Collects how the publishing goes, for the CLI.</summary>
internal sealed class PipelineActivityReporter
{
    private readonly Channel<PublishingActivity> _activities = Channel.CreateUnbounded<PublishingActivity>();
    private int _tasks;
    private bool _hasFailed;

    /// <summary>For one reader.</summary>
    public ChannelReader<PublishingActivity> Activities => _activities.Reader;

    public ReportingStep Begin(string name)
    {
        Report(PublishingActivity.Step, new(name, name, nameof(CompletionState.InProgress)));
        return new(this, name);
    }

    /// <summary>Tells that everything has been done.</summary>
    public void Succeed() => Complete("Done.", CompletionState.Completed);

    /// <summary>Tells why not everything has been done.</summary>
    /// <param name="step">What stands for it when no step has failed: only steps are shown.</param>
    public void Fail(string step, string reason)
    {
        if (!_hasFailed)
        {
            _ = Begin(step).CompleteAsync(reason, CompletionState.CompletedWithError);
        }

        Complete(reason, CompletionState.CompletedWithError);
    }

    private void Complete(string text, CompletionState state)
    {
        Report(PublishingActivity.PublishComplete, new(PublishingActivity.PublishComplete, text, state.ToString()) { CompletionMessage = text });
        _activities.Writer.TryComplete();
    }

    private void Report(string type, PublishingActivityData data) => _activities.Writer.TryWrite(new(type, data));

    internal sealed class ReportingStep(PipelineActivityReporter reporter, string id) : IReportingStep
    {
        private bool _completed;

        public Task<IReportingTask> CreateTaskAsync(string statusText, CancellationToken cancellationToken = default)
        {
            var task = new ReportingTask(reporter, id, string.Create(CultureInfo.InvariantCulture, $"{id}/{Interlocked.Increment(ref reporter._tasks)}"), statusText);
            task.Report(CompletionState.InProgress, message: null);
            return Task.FromResult<IReportingTask>(task);
        }

        public void Log(LogLevel logLevel, string message) => reporter.Report(PublishingActivity.Log, new(id, message, nameof(CompletionState.Completed))
        {
            StepId = id,
            LogLevel = logLevel.ToString(),
            Timestamp = DateTimeOffset.UtcNow,
        });

        public Task CompleteAsync(string completionText, CompletionState completionState = CompletionState.Completed, CancellationToken cancellationToken = default)
        {
            if (!_completed)
            {
                _completed = true;
                reporter._hasFailed |= completionState == CompletionState.CompletedWithError;
                reporter.Report(PublishingActivity.Step, new(id, completionText, completionState.ToString()));
            }

            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => new(CompleteAsync(id));
    }

    private sealed class ReportingTask(PipelineActivityReporter reporter, string stepId, string id, string statusText) : IReportingTask
    {
        private string _statusText = statusText;
        private bool _completed;

        public Task UpdateAsync(string statusText, CancellationToken cancellationToken = default)
        {
            _statusText = statusText;
            Report(CompletionState.InProgress, message: null);
            return Task.CompletedTask;
        }

        public Task CompleteAsync(string? completionMessage = null, CompletionState completionState = CompletionState.Completed, CancellationToken cancellationToken = default)
        {
            if (!_completed)
            {
                _completed = true;
                Report(completionState, completionMessage);
            }

            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => new(CompleteAsync());

        public void Report(CompletionState state, string? message)
            => reporter.Report(PublishingActivity.Task, new(id, _statusText, state.ToString()) { StepId = stepId, CompletionMessage = message });
    }
}
