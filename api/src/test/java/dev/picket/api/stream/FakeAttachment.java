package dev.picket.api.stream;

import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.OutputFrame;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;

/** A process's streams, as far as a connection can tell. */
final class FakeAttachment implements Attachment, Flow.Subscription {
    final CountDownLatch inputClosed = new CountDownLatch(1);
    final CountDownLatch closed = new CountDownLatch(1);

    private final boolean terminal;
    private final ByteArrayOutputStream input = new ByteArrayOutputStream();
    private final Queue<CompletableFuture<Void>> pending = new ArrayDeque<>();
    private boolean holdsInput;
    private Flow.Subscriber<? super OutputFrame> subscriber;
    private long demand;

    FakeAttachment(boolean terminal) {
        this.terminal = terminal;
    }

    @Override
    public boolean isTerminal() {
        return terminal;
    }

    @Override
    public Flow.Publisher<OutputFrame> output() {
        return wanted -> {
            synchronized (this) {
                subscriber = wanted;
                notifyAll();
            }
            wanted.onSubscribe(this);
        };
    }

    @Override
    public synchronized void request(long count) {
        demand += count;
        notifyAll();
    }

    @Override
    public void cancel() {
        close();
    }

    synchronized long demand() {
        return demand;
    }

    /** Emits when somebody wants it. */
    void emit(int stream, byte[] data) throws InterruptedException {
        synchronized (this) {
            while (demand == 0) {
                wait();
            }
            demand--;
        }
        subscriber.onNext(new OutputFrame(stream, data));
    }

    void complete() throws InterruptedException {
        synchronized (this) {
            while (subscriber == null) {
                wait();
            }
        }
        subscriber.onComplete();
    }

    void fail(Throwable error) throws InterruptedException {
        synchronized (this) {
            while (subscriber == null) {
                wait();
            }
        }
        subscriber.onError(error);
    }

    synchronized void holdInput() {
        holdsInput = true;
    }

    synchronized void releaseInput() {
        holdsInput = false;
        pending.forEach(stage -> stage.complete(null));
        pending.clear();
    }

    synchronized byte[] received() {
        return input.toByteArray();
    }

    synchronized void awaitReceived(int length) throws InterruptedException {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (input.size() < length) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("only " + input.size() + " bytes of " + length + " arrived");
            }
            wait(left);
        }
    }

    @Override
    public synchronized CompletionStage<Void> input(byte[] data) {
        input.writeBytes(data);
        notifyAll();
        if (!holdsInput) {
            return CompletableFuture.completedFuture(null);
        }
        var stage = new CompletableFuture<Void>();
        pending.add(stage);
        return stage;
    }

    @Override
    public CompletionStage<Void> closeInput() {
        inputClosed.countDown();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
