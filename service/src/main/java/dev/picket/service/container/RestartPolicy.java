package dev.picket.service.container;

import dev.picket.service.failure.Failure;

/**
 * Whether a container is started again when it has ended.
 *
 * @param maximumRetries 0: no bound
 */
record RestartPolicy(Kind kind, int maximumRetries) {
    enum Kind {
        NO,
        ON_FAILURE,
        ALWAYS
    }

    static RestartPolicy of(HostSettings host) {
        String name = host.restartPolicy() == null ? "" : host.restartPolicy();
        Kind kind =
                switch (name) {
                    case "", "no" -> Kind.NO;
                    case "on-failure" -> Kind.ON_FAILURE;
                    case "always", "unless-stopped" -> Kind.ALWAYS;
                    default -> throw new Failure.BadParameter("invalid restart policy: unknown policy '" + name
                            + "'; use one of 'no', 'always', " + "'on-failure', or 'unless-stopped'");
                };
        if (host.maximumRetries() < 0 || host.maximumRetries() > 0 && kind != Kind.ON_FAILURE) {
            throw new Failure.BadParameter(
                    "invalid restart policy: maximum retry count can only be used with 'on-failure'");
        }
        if (kind != Kind.NO && host.autoRemove()) {
            throw new Failure.BadParameter("can't create 'AutoRemove' container with restart policy");
        }
        return new RestartPolicy(kind, host.maximumRetries());
    }

    /** Whether to start again after the {@code count}th end in a row. */
    boolean wantsRestart(int exitCode, int count) {
        return switch (kind) {
            case NO -> false;
            case ALWAYS -> true;
            case ON_FAILURE -> exitCode != 0 && (maximumRetries == 0 || count < maximumRetries);
        };
    }
}
