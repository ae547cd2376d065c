package dev.picket.api.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The user's terminal, by means of stty(1): it is everywhere, and knows every terminal driver. */
final class Terminal implements AutoCloseable {
    private static final long STTY_SECONDS = 5;

    private final String saved;
    private boolean raw;

    /** @param rows 0 if unknown; @param columns 0 if unknown */
    record Size(int rows, int columns) {}

    private Terminal(String saved) {
        this.saved = saved;
    }

    /** The terminal that standard input is, or null if it is none. */
    static Terminal ofStandardInput() throws IOException, InterruptedException {
        String settings = stty("-g");
        return settings == null ? null : new Terminal(settings.trim());
    }

    /** Its window's size now. */
    Size size() throws IOException, InterruptedException {
        String answer = stty("size");
        String[] parts = answer == null ? new String[0] : answer.trim().split(" ");
        return parts.length == 2 ? new Size(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])) : new Size(0, 0);
    }

    /** Passes every key on as it is: the terminal inside the sandbox gives it its meaning. */
    void makeRaw() throws IOException, InterruptedException {
        raw = true;
        if (stty("raw", "-echo") == null) {
            throw new IOException("cannot set the terminal to raw mode");
        }
    }

    /** Gives it back as it was. */
    @Override
    public void close() throws IOException, InterruptedException {
        if (raw) {
            raw = false;
            stty(saved);
        }
    }

    /** @return what it prints, or null if it fails */
    private static String stty(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        byte[] output = process.getInputStream().readAllBytes();
        if (!process.waitFor(STTY_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return null;
        }
        return process.exitValue() == 0 ? new String(output, StandardCharsets.US_ASCII) : null;
    }
}
