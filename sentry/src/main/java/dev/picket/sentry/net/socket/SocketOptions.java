package dev.picket.sentry.net.socket;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;

/** Options of level SOL_SOCKET that every family has; see socket(7). Any thread may call. */
public final class SocketOptions {
    /** net.core.wmem_default and rmem_default. */
    static final int DEFAULT_BUFFER_BYTES = 212_992;

    /** net.core.wmem_max and rmem_max: what SO_SNDBUF and SO_RCVBUF are cut to before they are doubled. */
    private static final int MAXIMUM_BUFFER_BYTES = 212_992;

    private static final int MINIMUM_SEND_BYTES = 4608;
    private static final int MINIMUM_RECEIVE_BYTES = 2304;
    private static final int TIMEVAL_BYTES = 16;
    private static final int LINGER_BYTES = 8;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private volatile int sendBufferBytes = DEFAULT_BUFFER_BYTES;
    private volatile int receiveBufferBytes = DEFAULT_BUFFER_BYTES;
    private volatile boolean sendBufferIsSet;
    private volatile boolean receiveBufferIsSet;
    private volatile long sendTimeoutNanos = Long.MAX_VALUE;
    private volatile long receiveTimeoutNanos = Long.MAX_VALUE;
    private volatile boolean passesCredentials;
    private volatile int lowWaterMark = 1;
    private volatile int priority;
    private volatile int mark;
    private volatile int peekOffset = -1;
    private volatile int busyPoll;
    private volatile long pacingRate = -1;
    private volatile int incomingCpu = -1;
    private volatile int timestamping;
    private volatile long linger;

    // Options that are only remembered: bit n is option n.
    private volatile long switches;

    private static final long SWITCHES = 1L << SO_DEBUG
            | 1L << SO_REUSEADDR
            | 1L << SO_DONTROUTE
            | 1L << SO_BROADCAST
            | 1L << SO_KEEPALIVE
            | 1L << SO_OOBINLINE
            | 1L << SO_REUSEPORT
            | 1L << SO_TIMESTAMP
            | 1L << SO_TIMESTAMPNS
            | 1L << SO_NO_CHECK
            | 1L << SO_PASSSEC
            | 1L << SO_RXQ_OVFL
            | 1L << SO_WIFI_STATUS
            | 1L << SO_NOFCS
            | 1L << SO_LOCK_FILTER
            | 1L << SO_SELECT_ERR_QUEUE
            | 1L << SO_ZEROCOPY;

    public int sendBufferBytes() {
        return sendBufferBytes;
    }

    public int receiveBufferBytes() {
        return receiveBufferBytes;
    }

    /** SO_SNDBUF was called: the size is not for the kernel to choose. */
    public boolean isSendBufferSet() {
        return sendBufferIsSet;
    }

    /** As {@link #isSendBufferSet}, SO_RCVBUF. */
    public boolean isReceiveBufferSet() {
        return receiveBufferIsSet;
    }

    /** Sizes of buffers that the family begins with, or has come to, if the guest did not set them. */
    public void setDefaultBuffers(int sendBytes, int receiveBytes) {
        if (!sendBufferIsSet) {
            sendBufferBytes = sendBytes;
        }
        if (!receiveBufferIsSet) {
            receiveBufferBytes = receiveBytes;
        }
    }

    /** Whether an option that is on or off, such as SO_REUSEADDR, is on. */
    public boolean isOn(int option) {
        return (switches >>> option & 1) != 0;
    }

    /** SO_RCVLOWAT */
    public int lowWaterMark() {
        return lowWaterMark;
    }

    /** SO_LINGER: seconds that close(2) waits; -1 if it is off. */
    public int lingerSeconds() {
        long value = linger;
        return (int) value == 0 ? -1 : (int) (value >>> 32);
    }

    /** Takes over the options of the socket that listened, as accept(2) does. */
    public synchronized void inherit(SocketOptions listener) {
        sendBufferBytes = listener.sendBufferBytes;
        receiveBufferBytes = listener.receiveBufferBytes;
        sendBufferIsSet = listener.sendBufferIsSet;
        receiveBufferIsSet = listener.receiveBufferIsSet;
        sendTimeoutNanos = listener.sendTimeoutNanos;
        receiveTimeoutNanos = listener.receiveTimeoutNanos;
        lowWaterMark = listener.lowWaterMark;
        priority = listener.priority;
        mark = listener.mark;
        linger = listener.linger;
        switches = listener.switches;
    }

    /** Long.MAX_VALUE for without end. */
    long sendTimeoutNanos() {
        return sendTimeoutNanos;
    }

    long receiveTimeoutNanos() {
        return receiveTimeoutNanos;
    }

    /** SO_PASSCRED: the receiver wants to be told who sends. */
    public boolean passesCredentials() {
        return passesCredentials;
    }

    /** Sets an option; ENOPROTOOPT if there is none such. */
    void set(Caller caller, int option, byte[] value) throws ErrnoException {
        switch (option) {
            case SO_RCVTIMEO, SO_RCVTIMEO_NEW -> {
                receiveTimeoutNanos = timeout(value);
                return;
            }
            case SO_SNDTIMEO, SO_SNDTIMEO_NEW -> {
                sendTimeoutNanos = timeout(value);
                return;
            }
            case SO_LINGER -> {
                if (value.length < LINGER_BYTES) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                linger = Bytes.getLong(value, 0);
                return;
            }
            default -> {}
        }
        if (value.length < Integer.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int number = Bytes.getInt(value, 0);
        switch (option) {
            case SO_SNDBUF -> setSendBuffer(number);
            case SO_RCVBUF -> setReceiveBuffer(number);
                // Beyond the maximum takes CAP_NET_ADMIN, and even then a sandbox's maximum holds.
            case SO_SNDBUFFORCE, SO_RCVBUFFORCE -> {
                if (!caller.credentials().has(Credentials.CAP_NET_ADMIN)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                if (option == SO_SNDBUFFORCE) {
                    setSendBuffer(number);
                } else {
                    setReceiveBuffer(number);
                }
            }
            case SO_MARK -> {
                if (!caller.credentials().has(Credentials.CAP_NET_ADMIN)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                mark = number;
            }
            case SO_PEEK_OFF -> throw ErrnoException.of(Errno.EOPNOTSUPP);
            case SO_BUSY_POLL -> {
                if (number < 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                if (number > busyPoll && !caller.credentials().has(Credentials.CAP_NET_ADMIN)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                busyPoll = number;
            }
            case SO_MAX_PACING_RATE -> pacingRate =
                    value.length >= Long.BYTES ? Bytes.getLong(value, 0) : Integer.toUnsignedLong(number);
            case SO_INCOMING_CPU -> incomingCpu = number;
            case SO_TIMESTAMPING, SO_TIMESTAMPING_NEW -> timestamping = number;
            case SO_TIMESTAMP_NEW -> setTimestamps(SO_TIMESTAMP, number);
            case SO_TIMESTAMPNS_NEW -> setTimestamps(SO_TIMESTAMPNS, number);
            case SO_TIMESTAMP, SO_TIMESTAMPNS -> setTimestamps(option, number);
            case SO_TYPE, SO_PROTOCOL, SO_DOMAIN, SO_ERROR -> throw ErrnoException.of(Errno.ENOPROTOOPT);
            case SO_PASSCRED -> passesCredentials = number != 0;
            case SO_RCVLOWAT -> lowWaterMark = number <= 0 ? number < 0 ? Integer.MAX_VALUE : 1 : number;
            case SO_PRIORITY -> {
                if ((number < 0 || number > 6) && !caller.credentials().has(Credentials.CAP_NET_ADMIN)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                priority = number;
            }
            default -> {
                if (option < 0 || option >= Long.SIZE || (SWITCHES >>> option & 1) == 0) {
                    throw ErrnoException.of(Errno.ENOPROTOOPT);
                }
                setSwitch(option, number != 0);
            }
        }
    }

    private void setSendBuffer(int asked) {
        sendBufferBytes = buffer(asked, MINIMUM_SEND_BYTES);
        sendBufferIsSet = true;
    }

    private void setReceiveBuffer(int asked) {
        receiveBufferBytes = buffer(asked, MINIMUM_RECEIVE_BYTES);
        receiveBufferIsSet = true;
    }

    /** The two kinds exclude each other. */
    private void setTimestamps(int option, int on) {
        setSwitch(SO_TIMESTAMP, false);
        setSwitch(SO_TIMESTAMPNS, false);
        setSwitch(option, on != 0);
    }

    private synchronized void setSwitch(int option, boolean on) {
        switches = on ? switches | 1L << option : switches & ~(1L << option);
    }

    private static int buffer(int asked, int minimum) {
        // As unsigned, so that a negative size asks for the maximum; the kernel doubles it for its own book-keeping.
        int cut = Integer.compareUnsigned(asked, MAXIMUM_BUFFER_BYTES) > 0 ? MAXIMUM_BUFFER_BYTES : asked;
        return Math.max(cut * 2, minimum);
    }

    private static long timeout(byte[] value) throws ErrnoException {
        if (value.length < TIMEVAL_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long seconds = Bytes.getLong(value, 0);
        long micros = Bytes.getLong(value, Long.BYTES);
        if (micros < 0 || micros >= 1_000_000) {
            throw ErrnoException.of(Errno.EDOM);
        }
        if (seconds < 0) {
            return 0;
        }
        if (seconds == 0 && micros == 0 || seconds >= Long.MAX_VALUE / NANOS_PER_SECOND - 1) {
            return Long.MAX_VALUE;
        }
        return seconds * NANOS_PER_SECOND + micros * 1000;
    }

    /** The value of an option; ENOPROTOOPT if there is none such. */
    byte[] get(int option) throws ErrnoException {
        return switch (option) {
            case SO_SNDBUF -> number(sendBufferBytes);
            case SO_RCVBUF -> number(receiveBufferBytes);
            case SO_RCVTIMEO, SO_RCVTIMEO_NEW -> timeval(receiveTimeoutNanos);
            case SO_SNDTIMEO, SO_SNDTIMEO_NEW -> timeval(sendTimeoutNanos);
            case SO_PASSCRED -> number(passesCredentials ? 1 : 0);
            case SO_RCVLOWAT -> number(lowWaterMark);
            case SO_SNDLOWAT -> number(1);
            case SO_MARK -> number(mark);
            case SO_PEEK_OFF -> number(peekOffset);
            case SO_BUSY_POLL -> number(busyPoll);
            case SO_MAX_PACING_RATE -> number((int) Math.max(-1, Math.min(pacingRate, Integer.MAX_VALUE)));
            case SO_INCOMING_CPU -> number(incomingCpu);
            case SO_INCOMING_NAPI_ID -> number(0);
            case SO_TIMESTAMPING, SO_TIMESTAMPING_NEW -> number(timestamping);
            case SO_TIMESTAMP_NEW -> number(isOn(SO_TIMESTAMP) ? 1 : 0);
            case SO_TIMESTAMPNS_NEW -> number(isOn(SO_TIMESTAMPNS) ? 1 : 0);
            case SO_PRIORITY -> number(priority);
            case SO_LINGER -> {
                byte[] value = new byte[LINGER_BYTES];
                Bytes.putLong(value, 0, linger);
                yield value;
            }
            default -> {
                if (option < 0 || option >= Long.SIZE || (SWITCHES >>> option & 1) == 0) {
                    throw ErrnoException.of(Errno.ENOPROTOOPT);
                }
                yield number((int) (switches >>> option & 1));
            }
        };
    }

    /** An int as the value of an option. */
    public static byte[] number(int value) {
        byte[] bytes = new byte[Integer.BYTES];
        Bytes.putInt(bytes, 0, value);
        return bytes;
    }

    private static byte[] timeval(long nanos) {
        byte[] bytes = new byte[TIMEVAL_BYTES];
        if (nanos != Long.MAX_VALUE) {
            Bytes.putLong(bytes, 0, nanos / NANOS_PER_SECOND);
            Bytes.putLong(bytes, Long.BYTES, nanos % NANOS_PER_SECOND / 1000);
        }
        return bytes;
    }
}
