package dev.picket.service.container;

import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.service.worker.HostFile;
import dev.picket.service.worker.Worker;
import dev.picket.service.worker.WorkerListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;

/** A worker in this process, whose sandbox does what the test says. Its events come from one thread, as a real one's. */
final class FakeWorker implements Worker {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "fake-worker");
        made.setDaemon(true);
        return made;
    });
    private final List<Command> commands = new ArrayList<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Behaviour behaviour;
    private WorkerListener listener;
    private volatile boolean over;

    /** What the sandbox does when it is told something. */
    @FunctionalInterface
    interface Behaviour {
        void on(FakeWorker worker, Command command);
    }

    FakeWorker(Behaviour behaviour) {
        this.behaviour = behaviour;
    }

    /** Runs until it is killed: obeys SIGKILL and SIGTERM. */
    static void obedient(FakeWorker worker, Command command) {
        if (command instanceof Command.Start) {
            worker.tell(new Event.Started(Command.MAIN, 1));
        } else if (command instanceof Command.Signal signal && (signal.signal() == 9 || signal.signal() == 15)) {
            worker.exit(128 + signal.signal());
        } else if (command instanceof Command.Exec exec) {
            worker.tell(new Event.Started(exec.process(), 100 + exec.process()));
        }
    }

    @Override
    public long processId() {
        return 4711;
    }

    @Override
    public String platform() {
        return "ptrace";
    }

    @Override
    public synchronized void start(Command.Start command, List<HostFile> descriptors, WorkerListener newListener) {
        listener = newListener;
        send(command);
    }

    @Override
    public synchronized void send(Command command) {
        if (over) {
            return;
        }
        commands.add(command);
        notifyAll();
        execute(() -> behaviour.on(this, command));
    }

    /** A worker that has ended ignores what it is told, as a real one does. */
    private void execute(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            assert over;
        }
    }

    /** Sends an event, in order with all others. */
    void tell(Event event) {
        execute(() -> {
            if (!over) {
                try {
                    listener.event(event);
                } catch (RuntimeException e) {
                    die("broke the rules: " + e.getMessage());
                }
            }
        });
    }

    void exit(int status) {
        tell(new Event.Exited(Command.MAIN, status, false, false, new Event.Usage(0, 0, 0)));
    }

    /** The process dies. */
    void die(String reason) {
        execute(() -> {
            if (!over) {
                over = true;
                if (listener != null) {
                    listener.ended(reason);
                }
                ended.complete(null);
                thread.shutdown();
            }
        });
    }

    /** Waits until it was sent such a command. */
    synchronized Command await(Predicate<Command> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (true) {
            for (Command command : commands) {
                if (wanted.test(command)) {
                    return command;
                }
            }
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("not told; was told " + commands);
            }
            wait(left);
        }
    }

    synchronized List<Command> commands() {
        return List.copyOf(commands);
    }

    @Override
    public void terminate() {
        die("terminated");
    }

    @Override
    public void kill() {
        die("worker process ended unexpectedly (signal 9)");
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }
}
