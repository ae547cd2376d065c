package dev.picket.sentry.guest;

import java.util.ArrayList;
import java.util.List;

/**
 * For people: runs one command in a sandbox as the tests do. Arguments: PLATFORM [--strace] [--memory=MIB] [--user=UID]
 * [--see=HOST_DIRECTORY]... [--env=NAME=VALUE]... COMMAND...
 */
final class RunGuest {
    private RunGuest() {}

    public static void main(String[] arguments) throws Exception {
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) throws Exception {
        var setup = new TestWorker.Setup(1L << 30, new ArrayList<>(), new ArrayList<>(), 0, false, true);
        int at = 1;
        for (; at < arguments.length && arguments[at].startsWith("--"); at++) {
            String name = arguments[at].replaceFirst("=.*", "");
            String value = arguments[at].substring(Math.min(name.length() + 1, arguments[at].length()));
            setup = switch (name) {
                case "--strace" -> setup.traced(true);
                case "--memory" -> withMemory(setup, Long.parseLong(value) << 20);
                case "--user" -> withUser(setup, Integer.parseInt(value));
                case "--see" -> with(setup, setup.directories(), value);
                case "--env" -> with(setup, setup.environment(), value);
                default -> throw new IllegalArgumentException(arguments[at]);
            };
        }
        try (var worker = new TestWorker(arguments[0])) {
            try {
                Outcome outcome = worker.run(List.of(arguments).subList(at, arguments.length), setup);
                System.err.println("exit status " + outcome.status());
                return outcome.status();
            } finally {
                System.err.print(worker.standardError());
            }
        }
    }

    private static TestWorker.Setup with(TestWorker.Setup setup, List<String> list, String value) {
        list.add(value);
        return setup;
    }

    private static TestWorker.Setup withMemory(TestWorker.Setup setup, long memoryBytes) {
        return new TestWorker.Setup(
                memoryBytes, setup.directories(), setup.environment(), setup.user(), setup.trace(), setup.live());
    }

    private static TestWorker.Setup withUser(TestWorker.Setup setup, int user) {
        return new TestWorker.Setup(
                setup.memoryBytes(), setup.directories(), setup.environment(), user, setup.trace(), setup.live());
    }
}
