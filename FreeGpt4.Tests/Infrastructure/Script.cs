using System.Runtime.Versioning;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A program that stands in for another, as a shell script.</summary>
[UnsupportedOSPlatform("windows")]
internal static class Script
{
    public static void Write(string path, string text)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
