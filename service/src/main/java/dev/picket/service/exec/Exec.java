package dev.picket.service.exec;

/**
 * An exec as inspect shows it: a snapshot.
 *
 * @param id 64 hexadecimal digits
 * @param exitCode null as long as it has not ended
 * @param processId as the guest sees it; 0 if it does not run
 */
public record Exec(
        String id, String container, CreateExec settings, boolean running, Integer exitCode, int processId) {}
