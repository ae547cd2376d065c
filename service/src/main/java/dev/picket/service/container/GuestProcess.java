package dev.picket.service.container;

import dev.picket.sentry.control.Command;
import dev.picket.service.stream.InputGate;
import dev.picket.service.stream.OutputHub;
import dev.picket.service.worker.Worker;

/** A process in a running container, as the control plane steers it. Nothing here blocks, or fails when it has ended. */
public final class GuestProcess implements OutputHub.CreditSink, InputGate.Sink {
    private final Worker worker;
    private final int number;

    GuestProcess(Worker worker, int number) {
        this.worker = worker;
        this.number = number;
    }

    /** @param all whether every process of the sandbox gets it */
    public void signal(int signal, boolean all) {
        worker.send(new Command.Signal(number, signal, all));
    }

    public void resize(int rows, int columns) {
        worker.send(new Command.Resize(number, rows, columns));
    }

    @Override
    public void grant(int stream, int bytes) {
        worker.send(new Command.OutputCredit(number, stream, bytes));
    }

    @Override
    public void data(byte[] data) {
        worker.send(new Command.Input(number, data));
    }

    @Override
    public void close() {
        worker.send(new Command.CloseInput(number));
    }
}
