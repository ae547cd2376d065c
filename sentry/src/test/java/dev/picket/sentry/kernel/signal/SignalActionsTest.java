package dev.picket.sentry.kernel.signal;

import static dev.picket.platform.linux.Signal.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SignalActionsTest {
    private final SignalActions actions = new SignalActions();

    @Test
    void a_new_program_keeps_what_is_ignored_and_loses_handlers() {
        actions.set(SIGTERM, new SignalAction(0x4000, SA_RESTORER, 0x5000, 0));
        actions.set(SIGINT, new SignalAction(SIG_IGN, 0, 0, 0));

        var after = actions.withoutHandlers();

        assertTrue(after.get(SIGTERM).isDefault());
        assertTrue(after.get(SIGINT).isIgnored());
        assertEquals(0x4000, actions.get(SIGTERM).handler());
    }

    @Test
    void some_signals_do_nothing_by_default() {
        assertTrue(actions.ignores(SIGCHLD));
        assertFalse(actions.ignores(SIGTERM));

        actions.set(SIGCHLD, new SignalAction(0x4000, 0, 0, 0));

        assertFalse(actions.ignores(SIGCHLD));
        assertEquals(SignalSet.of(SIGCHLD), actions.caught());
    }

    @Test
    void a_copy_goes_its_own_way() {
        var copy = actions.copy();
        copy.set(SIGTERM, new SignalAction(SIG_IGN, 0, 0, 0));

        assertTrue(actions.get(SIGTERM).isDefault());
    }
}
