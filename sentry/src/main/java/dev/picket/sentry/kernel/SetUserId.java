package dev.picket.sentry.kernel;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.Path;

/** What execve(2) makes of credentials: set-user-ID and set-group-ID bits, and capabilities; see capabilities(7). */
final class SetUserId {
    private static final int S_ISUID = 04000;
    private static final int S_ISGID = 02000;
    private static final int S_IXGRP = 010;

    private SetUserId() {}

    /** The credentials with which {@code executable} runs. */
    static Credentials credentials(Credentials old, Path executable, boolean noNewPrivileges) throws ErrnoException {
        int user = old.effectiveUser();
        int group = old.effectiveGroup();
        if (!noNewPrivileges && (executable.mount().flags() & Mount.NO_SUID) == 0) {
            var attributes = executable.inode().attributes();
            if ((attributes.mode() & S_ISUID) != 0) {
                user = attributes.user();
            }
            // Without the group's execute bit this once meant mandatory locking.
            if ((attributes.mode() & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
                group = attributes.group();
            }
        }

        boolean changes = user != old.effectiveUser() || group != old.effectiveGroup();
        long ambient = changes ? 0 : old.ambient();
        boolean root = user == 0 || old.realUser() == 0;
        long permitted = root ? old.inheritable() | old.bounding() : ambient;
        long effective = user == 0 ? permitted : ambient;
        return new Credentials(
                old.realUser(),
                user,
                user,
                user,
                old.realGroup(),
                group,
                group,
                group,
                old.groups(),
                permitted,
                effective,
                old.inheritable(),
                old.bounding(),
                ambient);
    }
}
