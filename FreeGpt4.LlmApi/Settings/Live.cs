using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>What follows from the settings that are in force now. Whoever needs it for a whole request takes it once.</summary>
internal sealed class Live<T> where T : class
{
    private readonly Func<SettingsReader, T> _read;
    private volatile T _current;

    /// <param name="read">May be called with settings that are only tried. It keeps what is wrong in the reader.</param>
    public Live(SettingsReader settings, Func<SettingsReader, T> read)
    {
        _read = read;
        _current = read(settings);
    }

    public T Current => _current;

    /// <summary>Reads without consequences.</summary>
    public void Try(SettingsReader settings) => _read(settings);

    public void Reload(SettingsReader settings)
    {
        var next = _read(settings);
        if (settings.Failures.Count == 0)
        {
            _current = next;
            Changed?.Invoke(next);
        }
    }

    /// <summary>Raised with each new value.</summary>
    public event Action<T>? Changed;
}
