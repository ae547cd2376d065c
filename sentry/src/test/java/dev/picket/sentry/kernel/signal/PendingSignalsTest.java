package dev.picket.sentry.kernel.signal;

import static dev.picket.platform.linux.Signal.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.SignalCode;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PendingSignalsTest {
    private static final long ALL = -1L;
    private static final long NO_LIMIT = Long.MAX_VALUE;

    private final AtomicInteger budget = new AtomicInteger();
    private final PendingSignals pending = new PendingSignals(budget);

    @Test
    void a_standard_signal_is_pending_once() {
        pending.add(SignalInfo.ofUser(SIGUSR1, SignalCode.SI_USER, 1, 0), NO_LIMIT);
        pending.add(SignalInfo.ofUser(SIGUSR1, SignalCode.SI_USER, 2, 0), NO_LIMIT);

        assertEquals(1, pending.take(ALL).processId());
        assertNull(pending.take(ALL));
        assertEquals(0, budget.get());
    }

    @Test
    void real_time_signals_queue_in_order() {
        for (int i = 1; i <= 3; i++) {
            pending.add(SignalInfo.ofUser(SIGRTMIN + 4, SignalCode.SI_QUEUE, i, 0), NO_LIMIT);
        }

        for (int i = 1; i <= 3; i++) {
            assertTrue(SignalSet.contains(pending.set(), SIGRTMIN + 4));
            assertEquals(i, pending.take(ALL).processId());
        }
        assertEquals(0, pending.set());
    }

    @Test
    void the_lowest_number_comes_first_but_faults_before_all() {
        pending.add(SignalInfo.ofKernel(SIGTERM), NO_LIMIT);
        pending.add(SignalInfo.ofKernel(SIGHUP), NO_LIMIT);
        pending.add(SignalInfo.ofFault(SIGSEGV, SignalCode.SEGV_MAPERR, 8), NO_LIMIT);

        assertEquals(SIGSEGV, pending.take(ALL).signal());
        assertEquals(SIGHUP, pending.take(ALL).signal());
        assertEquals(SIGTERM, pending.take(ALL).signal());
    }

    @Test
    void a_full_queue_refuses_real_time_signals_only() {
        pending.add(SignalInfo.ofKernel(SIGRTMIN), 1);

        assertFalse(pending.add(SignalInfo.ofKernel(SIGRTMIN), 1));
        assertTrue(pending.add(SignalInfo.ofKernel(SIGTERM), 1));
    }

    @Test
    void only_what_is_wanted_is_taken() {
        pending.add(SignalInfo.ofKernel(SIGTERM), NO_LIMIT);

        assertNull(pending.take(ALL & ~SignalSet.of(SIGTERM)));
        assertEquals(SIGTERM, pending.take(SignalSet.of(SIGTERM)).signal());
    }

    @Test
    void discarded_signals_give_their_room_back() {
        pending.add(SignalInfo.ofKernel(SIGTSTP), NO_LIMIT);
        pending.add(SignalInfo.ofKernel(SIGRTMIN), NO_LIMIT);
        pending.add(SignalInfo.ofKernel(SIGRTMIN), NO_LIMIT);

        pending.discard(SignalSet.STOP | SignalSet.of(SIGRTMIN));

        assertEquals(0, pending.set());
        assertEquals(0, budget.get());
        assertEquals(0, pending.size());
    }

    @Test
    void a_queued_signal_of_a_timer_is_found() {
        pending.add(SignalInfo.ofTimer(SIGRTMIN, 7, 99, () -> 3), NO_LIMIT);

        assertTrue(pending.hasTimer(SIGRTMIN, 7));
        assertFalse(pending.hasTimer(SIGRTMIN, 8));
        assertFalse(pending.hasTimer(SIGALRM, 7));
    }
}
