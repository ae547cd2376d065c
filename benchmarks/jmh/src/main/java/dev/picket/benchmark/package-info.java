/**
 * Micro-benchmarks of the Sentry on a platform that runs nothing: {@link dev.picket.benchmark.ScriptedContext} makes stops
 * as a guest would. Started by {@code benchmarks/jmh/run}.
 *
 * <p>No locks; the benchmark's thread and the task's take turns.
 */
package dev.picket.benchmark;
