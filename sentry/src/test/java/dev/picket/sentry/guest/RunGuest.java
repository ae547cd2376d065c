package dev.picket.sentry.guest;

import java.util.List;

/** For people: runs one command in a sandbox as the tests do. Arguments: PLATFORM [--strace] COMMAND... */
final class RunGuest {
    private RunGuest() {}

    public static void main(String[] arguments) throws Exception {
        boolean trace = arguments.length > 1 && arguments[1].equals("--strace");
        List<String> command = List.of(arguments).subList(trace ? 2 : 1, arguments.length);
        try (var worker = new TestWorker(arguments[0])) {
            try {
                Outcome outcome = worker.run(command, trace);
                System.out.print(outcome.output());
                System.err.print(outcome.error());
                System.out.println("exit status " + outcome.status());
            } finally {
                System.err.print(worker.standardError());
            }
        }
    }
}
