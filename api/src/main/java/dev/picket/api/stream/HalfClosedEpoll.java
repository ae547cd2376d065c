package dev.picket.api.stream;

import io.netty.channel.Channel;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.channel.epoll.EpollIoOps;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Keeps a half-closed epoll channel able to write.
 *
 * <p>Netty 4.2.18 takes a descriptor out of its epoll set when nothing is to be waited for, as after the end of input, but
 * believes that it is still in: when the socket's buffer is full for the first time after that, it modifies what is not
 * there, gets ENOENT, and closes the channel with output unsent. With one more flag set there is never nothing. The flag is
 * EPOLLET, which has a use of its own here: the hang-up of a peer that is gone for good is reported once, not for ever.
 * Writing is safe with it, because Netty waits only after EAGAIN.
 */
final class HalfClosedEpoll {
    private static final MethodHandle SET_FLAG = setFlag();

    private HalfClosedEpoll() {}

    /** To be called on the event loop, while the end of input is being reported. */
    static void keepRegistered(Channel channel) {
        if (!(channel instanceof AbstractEpollStreamChannel)) {
            return;
        }
        try {
            SET_FLAG.invoke(channel, EpollIoOps.EPOLLET.value());
        } catch (Throwable e) {
            throw new IllegalStateException("cannot set a flag of an epoll channel", e);
        }
    }

    /** {@code AbstractEpollChannel.setFlag(int)}, which is for subclasses, of which ours could not be made. */
    private static MethodHandle setFlag() {
        try {
            Class<?> type = AbstractEpollStreamChannel.class.getSuperclass();
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findVirtual(type, "setFlag", MethodType.methodType(void.class, int.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Netty's epoll channels are not those that are known here", e);
        }
    }
}
