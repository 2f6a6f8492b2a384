using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Streaming;

internal static class StreamingExtensions
{
    public static IServiceCollection AddAnswerStreams(this IServiceCollection services, SettingsReader settings) =>
        services.AddSingleton(StreamingOptions.Read(settings)).AddSingleton<AnswerStream>();
}
