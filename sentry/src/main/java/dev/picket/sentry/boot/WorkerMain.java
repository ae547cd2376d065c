package dev.picket.sentry.boot;

import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.select.Platforms;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.syscall.SyscallTable;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * The worker process. Started by the control plane with the name of a platform and the path of a socket, and told a token
 * on standard input, by which it proves who it is.
 *
 * <p>With {@code --probe [NAME...]} it tries the platforms of the host, except for those named, prints {@link
 * dev.picket.sentry.control.ProbeLine}s, and ends. With {@code --train} it does so too, runs a tiny guest on each that
 * works, and ends: for the AppCDS archive, which is dumped at the end.
 */
public final class WorkerMain {
    /** Exit status after the control plane has closed the connection or said so. */
    static final int ENDED = 0;

    /** Exit status when the worker cannot begin. */
    static final int CANNOT_START = 2;

    /** Exit status after a bug of the Sentry. */
    static final int CRASHED = 70;

    private static final int TOKEN_BYTES = 32;

    private WorkerMain() {}

    public static void main(String[] arguments) {
        Thread.setDefaultUncaughtExceptionHandler((thread, bug) -> die(thread.getName(), bug));
        try {
            if (arguments.length == 1 && arguments[0].equals("--train")) {
                train();
            } else if (arguments.length > 0 && arguments[0].equals("--probe")) {
                var except = List.of(arguments).subList(1, arguments.length);
                ProbeReport.print(Set.copyOf(except), System.out);
                // A platform that hangs has a thread that may not end.
                halt(ENDED);
            } else if (arguments.length == 2) {
                serve(arguments[0], arguments[1]);
            } else {
                System.err.println("usage: WorkerMain PLATFORM SOCKET, with a token on standard input");
                halt(CANNOT_START);
            }
        } catch (PlatformException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            halt(CANNOT_START);
        } catch (IOException e) {
            // The control plane is gone: nobody to tell.
            halt(ENDED);
        }
    }

    private static void train() {
        HostFacts facts = HostFacts.read();
        for (String platform : ProbeReport.print(Set.of(), System.out)) {
            try {
                WarmUp.run(platform, facts, new SyscallTable());
            } catch (PlatformException e) {
                System.err.println(e.getMessage()); // the archive lacks some classes then; no more than that
            }
        }
    }

    private static void serve(String name, String socketPath) throws IOException {
        byte[] token = readToken();
        ControlSocket socket = ControlSocket.connect(socketPath);
        socket.sendBytes(token);

        HostFacts facts = HostFacts.read();
        var table = new SyscallTable();
        String resolved = Platforms.resolve(name);
        WarmUp.run(resolved, facts, table);
        Platform platform = Platforms.open(resolved);
        var pump = new StreamPump(failure -> pumpFailed(failure));
        Thread pumping = new Thread(null, pump, "streams", 256 * 1024);
        pumping.setDaemon(true);
        pumping.start();
        var sandbox = new Sandbox(platform, facts, table, socket, pump);
        Confinement.apply(table);
        socket.send(new Event.Ready(platform.name(), Host.getpid()));

        for (Command command = socket.next(); command != null; command = socket.next()) {
            if (command instanceof Command.Shutdown) {
                break;
            }
            if (command instanceof Command.Start start) {
                sandbox.start(start, socket.takeDescriptors());
            } else {
                sandbox.handle(command);
            }
        }
        // Stubs die with us, and the guest's memory with them.
        halt(ENDED);
    }

    private static byte[] readToken() throws IOException {
        byte[] line = System.in.readNBytes(2 * TOKEN_BYTES);
        if (line.length != 2 * TOKEN_BYTES) {
            throw new IOException("no token");
        }
        return HexFormat.of().parseHex(new String(line, java.nio.charset.StandardCharsets.US_ASCII));
    }

    private static void pumpFailed(Throwable failure) {
        if (failure instanceof IOException) {
            halt(ENDED);
        }
        die("streams", failure);
    }

    /** A bug outside of the kernel, which has its own way to tell. */
    private static void die(String where, Throwable bug) {
        System.err.println("worker failed in " + where);
        bug.printStackTrace();
        halt(CRASHED);
    }

    /** Ends the process at once, without waiting for any thread. */
    static void halt(int status) {
        System.err.flush();
        Runtime.getRuntime().halt(status);
    }
}
