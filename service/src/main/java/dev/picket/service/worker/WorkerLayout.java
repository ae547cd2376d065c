package dev.picket.service.worker;

import java.nio.file.Path;
import java.util.List;

/**
 * What a worker's JVM is made from.
 *
 * @param java the java program
 * @param classPath jars (or class directories) of the platform, the Sentry and jffi, and nothing else
 * @param archive AppCDS archive, or null
 * @param nativeLibraries directory with jffi's library, extracted beforehand, or null
 */
public record WorkerLayout(Path java, List<Path> classPath, Path archive, Path nativeLibraries) {}
