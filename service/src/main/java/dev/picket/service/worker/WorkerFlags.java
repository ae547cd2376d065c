package dev.picket.service.worker;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** The options of a worker's JVM: small, quick to start, and able to live without opening files later. */
public final class WorkerFlags {
    /** System property of the service: more options for workers, with blanks between them. For measuring and profiling. */
    private static final String MORE = "picket.worker.options";

    private WorkerFlags() {}

    /** Options for a worker of {@code layout}, whose java is of the same release as the one that runs this. */
    public static List<String> of(WorkerLayout layout) {
        List<String> flags = new ArrayList<>(common());
        if (layout.archive() != null && Files.isReadable(layout.archive())) {
            flags.add("-XX:SharedArchiveFile=" + layout.archive());
            // Mapped where it was dumped: its pages stay shared between workers.
            flags.add("-XX:+UnlockDiagnosticVMOptions");
            flags.add("-XX:ArchiveRelocationMode=0");
        }
        if (layout.nativeLibraries() != null) {
            flags.add("-Djffi.boot.library.path=" + layout.nativeLibraries());
        }
        if (layout.classPath().stream().anyMatch(Files::isDirectory)) {
            // A class in a directory is a path to be opened; jars are open already. For development only.
            flags.add("-Dpicket.worker.confined=false");
        }
        for (String option : System.getProperty(MORE, "").split(" ")) {
            if (!option.isEmpty()) {
                flags.add(option);
            }
        }
        return flags;
    }

    /** Options for the training run that writes the AppCDS archive; the same as later, or the archive does not fit. */
    public static List<String> training(WorkerLayout layout) {
        List<String> flags = new ArrayList<>(common());
        flags.add("-XX:ArchiveClassesAtExit=" + layout.archive());
        if (layout.nativeLibraries() != null) {
            flags.add("-Djffi.boot.library.path=" + layout.nativeLibraries());
        }
        return flags;
    }

    private static List<String> common() {
        List<String> flags = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:CICompilerCount=1",
                "-XX:ReservedCodeCacheSize=24m",
                "-Xss256k",
                "-Xms8m",
                "-Xmn4m",
                "-Xmx96m",
                "-Xshare:auto",
                "-Xlog:disable",
                // Both read files of /proc, /sys or /tmp while the JVM runs, which a confined worker cannot.
                "-XX:-UsePerfData",
                "-XX:-UseContainerSupport",
                "-XX:+DisableAttachMechanism",
                "-XX:+ErrorFileToStderr",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:+ExitOnOutOfMemoryError"));
        int release = Runtime.version().feature();
        if (release >= 22) {
            flags.add("--enable-native-access=ALL-UNNAMED");
        }
        if (release >= 23) {
            flags.add("--sun-misc-unsafe-memory-access=allow");
        }
        return flags;
    }
}
