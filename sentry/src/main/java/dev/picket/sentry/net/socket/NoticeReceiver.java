package dev.picket.sentry.net.socket;

/** A socket to which the Sentry itself delivers: mq_notify(2) with SIGEV_THREAD tells the C library's thread this way. */
public interface NoticeReceiver {
    /** Puts a message into the receive buffer, or drops it if there is no room. */
    void deliver(byte[] notice);
}
