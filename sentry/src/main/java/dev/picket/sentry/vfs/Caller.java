package dev.picket.sentry.vfs;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.memory.MemoryManager;

/**
 * On whose behalf a file is looked up, opened or asked: what files need to know of a task. Files of /proc and terminals,
 * whose answers depend on the asking task, know more kinds of caller.
 */
public interface Caller {
    Credentials credentials();

    /** The caller's memory, for calls such as ioctl(2) whose argument is an address. */
    MemoryManager memory();

    /** The caller's root directory: no walk leaves it upward. */
    Path root();

    /** The caller's working directory. */
    Path workingDirectory();
}
