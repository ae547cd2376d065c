package dev.picket.api.command;

import dev.picket.service.worker.WorkerLayout;
import java.io.IOException;

/** Lets tests of other packages start workers. */
public final class TestInstallation {
    private TestInstallation() {}

    public static WorkerLayout workers() throws IOException {
        return Installation.workers();
    }
}
