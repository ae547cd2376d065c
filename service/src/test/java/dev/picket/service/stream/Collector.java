package dev.picket.service.stream;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;

/** A client that takes frames as it is told to, and keeps them. */
public final class Collector implements Flow.Subscriber<OutputFrame> {
    private final long initialDemand;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

    /** Takes everything at once. */
    public Collector() {
        this(Long.MAX_VALUE);
    }

    public Collector(long initialDemand) {
        this.initialDemand = initialDemand;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription.complete(newSubscription);
        if (initialDemand > 0) {
            newSubscription.request(initialDemand);
        }
    }

    @Override
    public synchronized void onNext(OutputFrame frame) {
        (frame.stream() == OutputFrame.STDERR ? err : out).writeBytes(frame.data());
        notifyAll();
    }

    @Override
    public void onError(Throwable failure) {
        ended.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        ended.complete(null);
    }

    public void request(long count) throws Exception {
        subscription.get(5, TimeUnit.SECONDS).request(count);
    }

    public void cancel() throws Exception {
        subscription.get(5, TimeUnit.SECONDS).cancel();
    }

    /** Waits for the end of the stream. */
    public Collector await() throws Exception {
        ended.get(10, TimeUnit.SECONDS);
        return this;
    }

    public boolean isEnded() {
        return ended.isDone();
    }

    /** Waits until so much standard output has come. */
    public synchronized void awaitBytes(int count) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (out.size() < count) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("only " + out.size() + " of " + count + " bytes came");
            }
            wait(left);
        }
    }

    public synchronized byte[] outBytes() {
        return out.toByteArray();
    }

    public synchronized String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    public synchronized String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
