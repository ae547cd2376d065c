package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.UserNamespace;
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
            // A program of somebody whom the user namespace does not know runs as who called it.
            boolean known = UserNamespace.mapsUser(old.userNamespace(), attributes.user())
                    && UserNamespace.mapsGroup(old.userNamespace(), attributes.group());
            if (known && (attributes.mode() & S_ISUID) != 0) {
                user = attributes.user();
            }
            // Without the group's execute bit this once meant mandatory locking.
            if (known && (attributes.mode() & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
                group = attributes.group();
            }
        }

        var file = noNewPrivileges || (executable.mount().flags() & Mount.NO_SUID) != 0
                ? null
                : FileCapabilities.of(executable.inode());
        boolean changes = user != old.effectiveUser() || group != old.effectiveGroup();
        long ambient = changes || file != null ? 0 : old.ambient();
        // A set-user-ID program of root's that has capabilities of its own gets those, and not all.
        int rootUser = old.rootUser();
        boolean root = (user == rootUser || old.realUser() == rootUser) && (file == null || old.realUser() == rootUser);
        long permitted = ambient;
        boolean raises = false;
        if (root) {
            permitted = old.inheritable() | old.bounding();
            raises = user == rootUser;
        } else if (file != null) {
            permitted = file.inheritable() & old.inheritable() | file.permitted() & old.bounding();
            raises = file.effective();
            if (raises && (file.permitted() & ~permitted) != 0) {
                throw ErrnoException.of(Errno.EPERM); // it could not do what it believes it can
            }
        }
        long effective = raises ? permitted : ambient;
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
                ambient,
                old.userNamespace());
    }
}
