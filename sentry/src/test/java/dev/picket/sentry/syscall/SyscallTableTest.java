package dev.picket.sentry.syscall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class SyscallTableTest {
    private final SyscallTable table = new SyscallTable();

    @Test
    void every_number_of_the_abi_has_a_line() {
        for (int number = 0; number < SyscallTable.SIZE; number++) {
            boolean unused = number > 335 && number < 424;
            if (unused) {
                assertNull(table.entry(number), "number " + number);
            } else {
                assertNotNull(table.entry(number), "number " + number);
                assertNotNull(table.handler(number), "number " + number);
            }
        }
        assertNull(table.handler(-1));
        assertNull(table.handler(SyscallTable.SIZE));
    }

    @Test
    void no_name_is_used_twice() {
        var names = new HashSet<String>();
        for (var entry : table.entries()) {
            assertTrue(names.add(entry.name()), entry.name());
        }
    }

    @Test
    void what_is_not_full_says_why() {
        for (var entry : table.entries()) {
            if (entry.support() != SyscallTable.Support.FULL) {
                assertFalse(entry.note().isBlank(), entry.name());
            }
            assertEquals(entry.support() == SyscallTable.Support.REFUSED, entry.errno() != 0, entry.name());
        }
    }

    @Test
    void the_page_in_docs_is_up_to_date() throws IOException {
        // Tests run in the module's directory.
        var page = Path.of("..", "docs", "syscalls.md");
        if (Boolean.getBoolean("picket.syscalls.write")) {
            Files.writeString(page, SyscallTableDocument.render(table));
        }
        assertEquals(
                SyscallTableDocument.render(table),
                Files.readString(page),
                "docs/syscalls.md is stale: run this test with -Dpicket.syscalls.write=true");
    }
}
