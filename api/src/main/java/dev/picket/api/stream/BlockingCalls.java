package dev.picket.api.stream;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Runs what may block. Two bounded pools: one for calls, and one for transfers of whole images, so that slow uploads
 * cannot keep everybody else waiting. When a queue is full the request is refused, not queued.
 */
@Component
public final class BlockingCalls implements DisposableBean {
    private static final int CALL_QUEUE = 1024;
    private static final int TRANSFERS = 8;
    private static final int TRANSFER_QUEUE = 64;
    private static final int IDLE_SECONDS = 30;

    private final Scheduler calls = Schedulers.newBoundedElastic(
            Math.max(16, 4 * Runtime.getRuntime().availableProcessors()), CALL_QUEUE, "call", IDLE_SECONDS, true);
    private final Scheduler transfers =
            Schedulers.newBoundedElastic(TRANSFERS, TRANSFER_QUEUE, "transfer", IDLE_SECONDS, true);

    /** Runs {@code call}; a null result completes empty. */
    public <T> Mono<T> call(Callable<T> call) {
        return Mono.fromCallable(call).subscribeOn(calls);
    }

    /** Runs {@code call} for its effect. */
    public Mono<Void> run(Runnable call) {
        return Mono.<Void>fromRunnable(call).subscribeOn(calls);
    }

    /** Runs {@code call}, and waits for the stage it returns without holding a thread. Cancelling cancels the stage. */
    public <T> Mono<T> await(Callable<CompletionStage<T>> call) {
        return Mono.fromCallable(call).subscribeOn(calls).flatMap(Mono::fromCompletionStage);
    }

    /** Runs a {@code call} that reads or writes a whole image. */
    public <T> Mono<T> transfer(Callable<T> call) {
        return Mono.fromCallable(call).subscribeOn(transfers);
    }

    /** Where {@link #transfer} runs. */
    public Scheduler transferScheduler() {
        return transfers;
    }

    @Override
    public void destroy() {
        calls.dispose();
        transfers.dispose();
    }
}
