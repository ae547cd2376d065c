package dev.picket.service.container;

import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.OutputFrame;
import dev.picket.service.stream.OutputSubscription;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** A client attached to a container. */
final class ContainerAttachment implements Attachment {
    private final ManagedContainer container;
    private final AttachRequest request;
    private final OutputSubscription subscription;

    ContainerAttachment(ManagedContainer container, AttachRequest request, OutputSubscription subscription) {
        this.container = container;
        this.request = request;
        this.subscription = subscription;
    }

    @Override
    public boolean isTerminal() {
        return container.settings().terminal();
    }

    @Override
    public Flow.Publisher<OutputFrame> output() {
        return subscription;
    }

    @Override
    public CompletionStage<Void> input(byte[] data) {
        return takesInput() ? container.gate().write(data) : CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> closeInput() {
        // With a terminal the end of one client's input is not the end of the terminal's.
        if (takesInput()
                && container.settings().inputOnce()
                && !container.settings().terminal()) {
            container.gate().close();
        }
        return CompletableFuture.completedFuture(null);
    }

    private boolean takesInput() {
        return request.stream() && request.stdin() && container.settings().openInput();
    }

    @Override
    public void close() {
        closeInput();
        subscription.cancel();
    }
}
