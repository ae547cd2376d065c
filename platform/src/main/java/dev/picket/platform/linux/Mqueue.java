package dev.picket.platform.linux;

/**
 * POSIX message queues, {@code include/uapi/linux/mqueue.h}, and struct mq_attr of mq_getattr(3): longs.
 *
 * <pre>
 *   0 flags   8 maxmsg   16 msgsize   24 curmsgs   reserved to 64
 * </pre>
 */
public final class Mqueue {
    /** Priorities are below this. */
    public static final int MQ_PRIO_MAX = 32768;

    /** Bounds that privilege does not lift. */
    public static final int HARD_MSGMAX = 65536;

    public static final int HARD_MSGSIZEMAX = 16 * 1024 * 1024;

    public static final int ATTR_SIZE = 64;
    public static final int ATTR_FLAGS = 0;
    public static final int ATTR_MAXMSG = 8;
    public static final int ATTR_MSGSIZE = 16;
    public static final int ATTR_CURMSGS = 24;

    private Mqueue() {}
}
