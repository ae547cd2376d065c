package dev.picket.service.container;

import dev.picket.service.failure.Failure;

/** What a client waits for. */
public enum WaitCondition {
    NOT_RUNNING,
    NEXT_EXIT,
    REMOVED;

    /** By Docker's name; null or empty is not-running. */
    public static WaitCondition named(String name) {
        if (name == null || name.isEmpty()) {
            return NOT_RUNNING;
        }
        return switch (name) {
            case "not-running" -> NOT_RUNNING;
            case "next-exit" -> NEXT_EXIT;
            case "removed" -> REMOVED;
            default -> throw new Failure.BadParameter("invalid condition: \"" + name + "\"");
        };
    }
}
