package dev.picket.sentry.kernel;

import dev.picket.sentry.strace.SyscallPrinter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs one program of the host in a sandbox whose root is the host's, read-only: {@code SmokeSandbox [-t] /bin/prog arg...}. */
public final class SmokeSandbox {
    private SmokeSandbox() {}

    public static void main(String[] arguments) throws Exception {
        boolean trace = arguments[0].equals("-t");
        List<String> command = new ArrayList<>(Arrays.asList(arguments).subList(trace ? 1 : 0, arguments.length));
        long start = System.nanoTime();
        int status;
        try (var sandbox = new TestSandbox()) {
            var kernel = sandbox.kernel();
            var table = sandbox.table();
            kernel.setCrashListener(System.err::println);
            if (trace) {
                kernel.setTracer(new SyscallPrinter(
                        number -> table.entry(number) == null
                                ? null
                                : table.entry(number).name(),
                        System.err::println));
            }
            var started = sandbox.start(command.toArray(String[]::new));
            var exit = started.exit();
            var output = started.output();
            long limit = Long.getLong("smoke.seconds", 20);
            try {
                status = exit.get(limit, TimeUnit.SECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                System.err.println("timed out");
                for (var process : kernel.processes().all()) {
                    for (var task : process.tasks()) {
                        System.err.println(task + " " + task.stateLetter());
                        if (task.thread() != null) {
                            for (var frame : task.thread().getStackTrace()) {
                                System.err.println("    " + frame);
                            }
                        }
                    }
                }
                status = -1;
            }
            System.out.print(output.text());
            for (int number = 0; number <= 512; number++) {
                if (kernel.refusedCount(number) > 0) {
                    var entry = table.entry(number);
                    System.err.println(
                            "refused " + (entry == null ? number : entry.name()) + " " + kernel.refusedCount(number));
                }
            }
        }
        System.err.println("status " + status + ", ms " + (System.nanoTime() - start) / 1_000_000);
        System.exit(status == 0 ? 0 : 1);
    }
}
