package dev.picket.service.container;

import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.service.worker.Worker;
import dev.picket.service.worker.WorkerListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a container, from the start of its worker to its end. Sorts the worker's events by process. */
final class Run implements WorkerListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(Run.class);

    /** Exit status of whatever is ended by force. */
    static final int KILLED = 128 + StopSignal.SIGKILL;

    private final ManagedContainer container;
    private final Worker worker;
    private final CompletableFuture<Exit> exited = new CompletableFuture<>();

    // Guarded by this.
    private final Map<Integer, ProcessListener> processes = new HashMap<>();
    private int lastProcess;
    private boolean over;
    private String killReason;
    private String crash;

    Run(ManagedContainer container, Worker worker) {
        this.container = container;
        this.worker = worker;
    }

    Worker worker() {
        return worker;
    }

    GuestProcess main() {
        return new GuestProcess(worker, Command.MAIN);
    }

    /** Complete when the container has ended and its state says so. */
    CompletableFuture<Exit> exited() {
        return exited;
    }

    /** Starts one more process. @return false if the sandbox has ended */
    boolean execute(Command.ProcessSpec spec, ProcessListener listener) {
        int number;
        synchronized (this) {
            if (over) {
                return false;
            }
            number = ++lastProcess;
            listener.assigned(new GuestProcess(worker, number));
            processes.put(number, listener);
        }
        worker.send(new Command.Exec(number, spec));
        return true;
    }

    /** Ends the worker by force. @param reason what inspect says then; empty if it was asked for */
    void kill(String reason) {
        synchronized (this) {
            if (killReason == null) {
                killReason = reason;
            }
        }
        worker.kill();
    }

    @Override
    public void event(Event event) {
        synchronized (this) {
            if (over) {
                // Execs may have something to say as they go down with the sandbox.
                return;
            }
        }
        if (event instanceof Event.Output output) {
            if (output.process() == Command.MAIN) {
                container.hub().output(output.stream(), output.data());
            } else {
                process(output.process()).output(output.stream(), output.data());
            }
        } else if (event instanceof Event.OutputEnd end) {
            if (end.process() == Command.MAIN) {
                container.hub().end(end.stream());
            } else {
                process(end.process()).outputEnd(end.stream());
            }
        } else if (event instanceof Event.InputCredit credit) {
            if (credit.process() == Command.MAIN) {
                container.gate().credit(credit.bytes());
            } else {
                process(credit.process()).inputCredit(credit.bytes());
            }
        } else if (event instanceof Event.Started started) {
            if (started.process() == Command.MAIN) {
                container.started(this);
            } else {
                process(started.process()).started(started.guestProcessId());
            }
        } else if (event instanceof Event.StartFailed failed) {
            if (failed.process() == Command.MAIN) {
                container.startFailed(this, failed.reason(), failed.message());
                worker.terminate();
            } else {
                forget(failed.process()).startFailed(failed.reason(), failed.message());
            }
        } else if (event instanceof Event.Exited end) {
            if (end.process() == Command.MAIN) {
                String error = end.outOfCpuTime() ? "the sandbox has used up its CPU time" : "";
                finish(end.status() & 0xff, end.outOfMemory(), error);
                worker.terminate();
            } else {
                forget(end.process()).exited(end.status() & 0xff);
            }
        } else if (event instanceof Event.Crashed crashed) {
            LOGGER.error("the sandbox of container {} has crashed:\n{}", container.id(), crashed.report());
            synchronized (this) {
                crash = crashed.report().lines().findFirst().orElse("");
            }
        } else {
            throw new IllegalStateException("unexpected " + event.getClass().getSimpleName());
        }
    }

    private synchronized ProcessListener process(int number) {
        ProcessListener listener = processes.get(number);
        if (listener == null) {
            throw new IllegalStateException("there is no process " + number);
        }
        return listener;
    }

    private synchronized ProcessListener forget(int number) {
        ProcessListener listener = process(number);
        processes.remove(number);
        return listener;
    }

    @Override
    public void ended(String reason) {
        String text;
        synchronized (this) {
            text = killReason != null
                    ? killReason
                    : crash != null ? "the sandbox's kernel has crashed: " + crash : reason;
        }
        finish(KILLED, false, text);
    }

    private void finish(int status, boolean outOfMemory, String error) {
        List<ProcessListener> left;
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
            left = new ArrayList<>(processes.values());
            processes.clear();
        }
        left.forEach(process -> process.exited(KILLED));
        container.ended(this, status, outOfMemory, error);
        exited.complete(new Exit(status, error));
    }
}
