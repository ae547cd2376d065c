package dev.picket.sentry.kernel.signal;

import static dev.picket.platform.linux.Signal.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SignalStackTest {
    @Test
    void the_top_belongs_to_the_stack_and_the_bottom_does_not() {
        var stack = new SignalStack(0x1000, 0x2000, 0);

        assertTrue(stack.holds(0x3000));
        assertTrue(stack.holds(0x1001));
        assertFalse(stack.holds(0x1000));
        assertFalse(stack.holds(0x3001));
    }

    @Test
    void a_stack_that_disarms_itself_never_holds() {
        assertFalse(new SignalStack(0x1000, 0x2000, SS_AUTODISARM).holds(0x2000));
    }

    @Test
    void flags_say_whether_it_is_in_use() {
        var stack = new SignalStack(0x1000, 0x2000, 0);

        assertEquals(SS_ONSTACK, stack.shownFlags(0x2000));
        assertEquals(0, stack.shownFlags(0x8000));
        assertEquals(SS_DISABLE, SignalStack.NONE.shownFlags(0x8000));
    }
}
