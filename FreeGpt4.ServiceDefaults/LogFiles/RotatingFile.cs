using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace FreeGpt4.ServiceDefaults.LogFiles;

/// <summary>
/// Writes to one file, always of the same name. When that is too large it becomes <c>access.log.1</c>, that one <c>access.log.2</c>, and so
/// on, as nginx's are rotated by <c>nginx/logs.sh</c>: whoever reads logs need not know which edge wrote them. (Serilog's own file sink
/// goes on in a file of another name.) Called by one thread at a time.
/// </summary>
internal sealed class RotatingFile(string path, long size, int count, ITextFormatter formatter) : ILogEventSink, IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private StreamWriter? _writer;

    public void Emit(LogEvent logEvent)
    {
        _writer ??= Open();
        if (_writer.BaseStream.Length > size)
        {
            _writer.Dispose();
            Rotate();
            _writer = Open();
        }

        formatter.Format(logEvent, _writer);
        _writer.Flush();
    }

    public void Dispose() => _writer?.Dispose();

    // Others may read it, rename it and remove it meanwhile.
    private StreamWriter Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new(new FileStream(path, options), Utf8);
    }

    private void Rotate()
    {
        for (var number = count; File.Exists(Numbered(number)); number++)
        {
            File.Delete(Numbered(number));
        }

        if (count == 1)
        {
            File.Delete(path);
            return;
        }

        File.Delete(Numbered(count - 1));
        for (var number = count - 2; number > 0; number--)
        {
            if (File.Exists(Numbered(number)))
            {
                File.Move(Numbered(number), Numbered(number + 1), overwrite: true);
            }
        }

        File.Move(path, Numbered(1), overwrite: true);
    }

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
}
