using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dashboard;

/// <summary>Asks whoever looks at the dashboard what a command needs to be told. Every open dashboard shows the question; the first answer counts.</summary>
internal sealed class DashboardQuestions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Question> _open = [];
    private readonly HashSet<Channel<V1.WatchInteractionsResponseUpdate>> _dashboards = [];
    private int _last;

    /// <summary>Whether anybody can be asked.</summary>
    public bool IsWatched
    {
        get
        {
            lock (_lock)
            {
                return _dashboards.Count > 0;
            }
        }
    }

    /// <summary>Asks for the arguments of a command until all are valid.</summary>
    /// <returns>Their values by name, or null if nobody wants to give them.</returns>
    public async Task<IReadOnlyDictionary<string, string?>?> AskAsync(
        ResourceCommandAnnotation command, IServiceProvider services, CancellationToken cancellationToken)
    {
        var question = Open(command);
        try
        {
            while (await question.Answers.Reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { } answer)
            {
                var (arguments, errors) = await CommandArguments.ReadAsync(command, answer, services, cancellationToken).ConfigureAwait(false);
                if (errors.Count == 0)
                {
                    return answer;
                }

                Tell(question, Dialog(question.Id, command, arguments, errors));
            }

            return null;
        }
        finally
        {
            Close(question);
        }
    }

    /// <summary>The questions that are open, and from then on what becomes of them and new ones, until cancelled.</summary>
    public async Task WatchAsync(Func<V1.WatchInteractionsResponseUpdate, Task> tell, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<V1.WatchInteractionsResponseUpdate>(new() { SingleReader = true });
        lock (_lock)
        {
            foreach (var question in _open.Values)
            {
                channel.Writer.TryWrite(question.Shown);
            }

            _dashboards.Add(channel);
        }

        try
        {
            await foreach (var update in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await tell(update).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_lock)
            {
                _dashboards.Remove(channel);
            }
        }
    }

    /// <summary>Takes what a dashboard says to a question; one that has been answered is left alone.</summary>
    public void Answer(V1.WatchInteractionsRequestUpdate update)
    {
        lock (_lock)
        {
            if (!update.ResponseUpdate && _open.TryGetValue(update.InteractionId, out var question))
            {
                question.Answers.Writer.TryWrite(update.InputsDialog?.InputItems.ToDictionary(item => item.Name, Value));
            }
        }
    }

    private static string? Value(V1.InteractionInput item)
        => item is { InputType: V1.InputType.Boolean, Value: "" } ? "false" : item.Value.Length > 0 ? item.Value : null;

    private Question Open(ResourceCommandAnnotation command)
    {
        lock (_lock)
        {
            var id = ++_last;
            var question = _open[id] = new(id, Dialog(id, command, command.Arguments, errors: []));
            TellAll(question.Shown);
            return question;
        }
    }

    private void Tell(Question question, V1.WatchInteractionsResponseUpdate shown)
    {
        lock (_lock)
        {
            question.Shown = shown;
            TellAll(shown);
        }
    }

    private void Close(Question question)
    {
        lock (_lock)
        {
            _open.Remove(question.Id);
            TellAll(new() { InteractionId = question.Id, Complete = new() });
        }
    }

    private void TellAll(V1.WatchInteractionsResponseUpdate update)
    {
        foreach (var dashboard in _dashboards)
        {
            dashboard.Writer.TryWrite(update);
        }
    }

    private static V1.WatchInteractionsResponseUpdate Dialog(
        int id, ResourceCommandAnnotation command, IEnumerable<InteractionInput> inputs, IReadOnlyList<(string Argument, string Error)> errors)
    {
        var dialog = new V1.InteractionInputsDialog();
        foreach (var input in inputs)
        {
            var item = CommandMessages.From(input);
            item.ValidationErrors.AddRange(errors.Where(error => error.Argument == input.Name).Select(error => error.Error));
            dialog.InputItems.Add(item);
        }

        return new()
        {
            InteractionId = id,
            Title = command.DisplayName,
            Message = command.DisplayDescription ?? "",
            PrimaryButtonText = command.DisplayName,
            ShowSecondaryButton = true,
            ShowDismiss = true,
            InputsDialog = dialog,
        };
    }

    private sealed class Question(int id, V1.WatchInteractionsResponseUpdate shown)
    {
        public int Id { get; } = id;

        /// <summary>What dashboards show that are opened now.</summary>
        public V1.WatchInteractionsResponseUpdate Shown { get; set; } = shown;

        /// <summary>Values by name; null for nobody who wants to give them.</summary>
        public Channel<Dictionary<string, string?>?> Answers { get; } = Channel.CreateUnbounded<Dictionary<string, string?>?>();
    }
}
