package dev.picket.service.container;

import dev.picket.service.event.Events;
import dev.picket.service.image.ImageSource;
import dev.picket.service.worker.WorkerSource;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What all containers share.
 *
 * @param defaultPlatform of containers that name none; may be {@code auto}
 * @param directory where each container has a directory for its log
 * @param executor for work that may block, and for calling clients
 */
public record ContainerContext(
        ImageSource images,
        WorkerSource workers,
        String defaultPlatform,
        ContainerStore store,
        Events events,
        Clock clock,
        Executor executor,
        ScheduledExecutorService timer,
        Path directory) {}
