using BenchmarkDotNet.Running;
using FreeGpt4.MicroBenchmarks;

BenchmarkSwitcher.FromAssembly(typeof(StreamBenchmarks).Assembly).Run(args);
