package dev.picket.sentry.kernel;

/** An inode that stands for a process: its directory in /proc, which pidfd_send_signal(2) takes for a file of it. */
public interface ProcessInode {
    /** The process, or null if this is about one of its threads only. */
    ThreadGroup processOfDirectory();
}
