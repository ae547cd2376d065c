package dev.picket.service.worker;

import java.util.concurrent.CompletionStage;

/** Where workers come from. */
@FunctionalInterface
public interface WorkerSource {
    /**
     * A worker that is ready to start a sandbox, and the caller's from now on.
     *
     * @param platform name of a platform, or {@code auto} where the source knows which one that is
     * @return fails with {@code Failure.Unavailable} if none can be started, or none is ready in time
     */
    CompletionStage<Worker> take(String platform);
}
