package dev.picket.api.stream;

import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.OutputFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Connects a raw connection and a process's streams, both ways at the pace of the slower side. Everything here happens on
 * the connection's event loop.
 *
 * <p>Output: a few pieces are asked for ahead, and one more whenever one has been written to the socket. Input: the socket
 * is read once, and again when the process's side has taken what came.
 */
final class HijackedConnection extends ChannelInboundHandlerAdapter implements Flow.Subscriber<OutputFrame> {
    private static final Logger logger = LoggerFactory.getLogger(HijackedConnection.class);
    private static final int PIECES_AHEAD = 4;

    private final StreamFraming framing;
    private final Sinks.Empty<Void> closed = Sinks.empty();
    private ChannelHandlerContext context;
    private Attachment attachment;
    private Flow.Subscription subscription;
    /** Input that came before there was anybody to give it to. */
    private final List<byte[]> early = new ArrayList<>();

    private int inputPieces;
    private boolean inputEnded;
    private boolean inputClosed;
    private boolean outputEnded;

    HijackedConnection(StreamFraming framing) {
        this.framing = framing;
    }

    /** Completes when the connection is gone. */
    Mono<Void> closed() {
        return closed.asMono();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        this.context = context;
    }

    /** Begins to carry data. On the event loop. */
    void connect(Attachment attachment) {
        if (!context.channel().isActive()) {
            attachment.close();
            return;
        }
        this.attachment = attachment;
        attachment.output().subscribe(this);
        if (!early.isEmpty()) {
            List<byte[]> pieces = List.copyOf(early);
            early.clear();
            pieces.forEach(this::passOn);
        } else if (inputEnded) {
            closeInputIfEnded();
        } else {
            context.read();
        }
    }

    /**
     * Tells the client why there will be no data, and ends the connection. On the event loop. As output: clients take an
     * error frame for the end of everything, and do not ask for the exit code any more.
     */
    void refuse(String message) {
        outputEnded = true;
        var frame = new OutputFrame(OutputFrame.STDOUT, (message + "\r\n").getBytes(StandardCharsets.UTF_8));
        context.writeAndFlush(framing.encode(frame)).addListener(ChannelFutureListener.CLOSE);
    }

    /** Tells the client that data is missing, and ends the connection. On the event loop. */
    private void fail(String message) {
        outputEnded = true;
        context.writeAndFlush(framing.encodeError(message + "\n")).addListener(ChannelFutureListener.CLOSE);
    }

    // Output: from the process to the client.

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        context.executor().execute(() -> {
            this.subscription = subscription;
            if (context.channel().isActive()) {
                subscription.request(PIECES_AHEAD);
            } else {
                subscription.cancel();
            }
        });
    }

    @Override
    public void onNext(OutputFrame frame) {
        context.writeAndFlush(framing.encode(frame)).addListener(written -> {
            if (written.isSuccess()) {
                subscription.request(1);
            } else {
                context.close();
            }
        });
    }

    @Override
    public void onComplete() {
        // After the writes that are queued before it.
        context.executor().execute(() -> {
            outputEnded = true;
            context.writeAndFlush(context.alloc().buffer(0)).addListener(ChannelFutureListener.CLOSE);
        });
    }

    @Override
    public void onError(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        context.executor().execute(() -> fail(String.valueOf(cause.getMessage())));
    }

    // Input: from the client to the process.

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf buffer)) {
            // What the HTTP codec had left over, such as the end of an empty request body.
            ReferenceCountUtil.release(message);
            return;
        }
        byte[] data = ByteBufUtil.getBytes(buffer);
        buffer.release();
        if (data.length == 0 || outputEnded) {
            return;
        }
        if (attachment == null) {
            // The codec had asked for one more read before we came: no more than that can come here.
            early.add(data);
            return;
        }
        passOn(data);
    }

    private void passOn(byte[] data) {
        inputPieces++;
        attachment.input(data).whenComplete((nothing, error) -> context.executor()
                .execute(this::inputTaken));
    }

    private void inputTaken() {
        inputPieces--;
        if (inputPieces == 0) {
            closeInputIfEnded();
            // Behind the end of input there is nothing to read, and Netty's epoll does not allow it.
            if (!inputEnded && context.channel().isActive()) {
                context.read();
            }
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            HalfClosedEpoll.keepRegistered(context.channel());
            closeInputIfEnded();
        }
        context.fireUserEventTriggered(event);
    }

    private void closeInputIfEnded() {
        if (inputEnded && !inputClosed && inputPieces == 0 && attachment != null) {
            inputClosed = true;
            attachment.closeInput().whenComplete((nothing, error) -> {
                if (error != null) {
                    logger.debug("cannot close input", error);
                }
            });
        }
    }

    // The end.

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
        logger.debug("hijacked connection failed", error);
        context.close();
    }

    private void end() {
        if (subscription != null) {
            subscription.cancel();
        }
        if (attachment != null) {
            attachment.close();
        }
        closed.tryEmitEmpty();
    }
}
