package dev.picket.platform.linux;

/** Constants of epoll(7) that are not those of {@link Poll}; {@code include/uapi/linux/eventpoll.h}. */
public final class Epoll {
    public static final int EPOLL_CLOEXEC = 02000000;

    public static final int EPOLL_CTL_ADD = 1;
    public static final int EPOLL_CTL_DEL = 2;
    public static final int EPOLL_CTL_MOD = 3;

    public static final int EPOLLEXCLUSIVE = 1 << 28;
    public static final int EPOLLWAKEUP = 1 << 29;
    public static final int EPOLLONESHOT = 1 << 30;
    public static final int EPOLLET = 1 << 31;

    /** Size of struct epoll_event on x86-64, where it is packed: events (4), data (8). */
    public static final int EPOLL_EVENT_BYTES = 12;

    private Epoll() {}
}
