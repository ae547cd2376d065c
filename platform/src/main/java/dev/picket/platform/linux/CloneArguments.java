package dev.picket.platform.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@code struct clone_args} of clone3(2).
 *
 * <pre>
 *  0 flags   8 pidfd   16 child_tid   24 parent_tid   32 exit_signal   40 stack   48 stack_size   56 tls
 * 64 set_tid  72 set_tid_size   80 cgroup
 * </pre>
 */
public final class CloneArguments {
    public static final int SIZE_VERSION_0 = 64;
    public static final int SIZE_VERSION_2 = 88;

    private final ByteBuffer bytes;

    /** @param bytes at least {@link #SIZE_VERSION_2} of them, those the guest did not give being zero */
    public CloneArguments(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public long flags() {
        return bytes.getLong(0);
    }

    public long pidfd() {
        return bytes.getLong(8);
    }

    public long childId() {
        return bytes.getLong(16);
    }

    public long parentId() {
        return bytes.getLong(24);
    }

    public long exitSignal() {
        return bytes.getLong(32);
    }

    public long stack() {
        return bytes.getLong(40);
    }

    public long stackSize() {
        return bytes.getLong(48);
    }

    public long tls() {
        return bytes.getLong(56);
    }

    public long setId() {
        return bytes.getLong(64);
    }

    public long setIdCount() {
        return bytes.getLong(72);
    }
}
