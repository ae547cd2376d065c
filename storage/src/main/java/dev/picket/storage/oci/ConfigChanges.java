package dev.picket.storage.oci;

import com.fasterxml.jackson.databind.JsonNode;
import dev.picket.storage.failure.StorageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Applies Dockerfile instructions to a {@link RunConfig}, as {@code docker import --change} gives them: those that
 * change no file.
 */
public final class ConfigChanges {
    private static final List<String> SHELL = List.of("/bin/sh", "-c");
    private static final int MAX_INSTRUCTIONS = 1024;
    private static final int MAX_PORT_RANGE = 1024;

    private String user;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private List<String> entrypoint;
    private List<String> command;
    private boolean commandGiven;
    private String workingDirectory;
    private final Map<String, String> labels;
    private final Set<String> exposedPorts;
    private final Set<String> volumes;
    private String stopSignal;
    private RunConfig.HealthCheck healthCheck;
    private final List<String> onBuild;
    private final List<String> shell;

    private ConfigChanges(RunConfig base) {
        user = base.user();
        for (String variable : base.environment()) {
            int equals = variable.indexOf('=');
            environment.put(
                    equals < 0 ? variable : variable.substring(0, equals),
                    equals < 0 ? "" : variable.substring(equals + 1));
        }
        entrypoint = base.entrypoint();
        command = base.command();
        workingDirectory = base.workingDirectory();
        labels = new LinkedHashMap<>(base.labels());
        exposedPorts = new LinkedHashSet<>(base.exposedPorts());
        volumes = new LinkedHashSet<>(base.volumes());
        stopSignal = base.stopSignal();
        healthCheck = base.healthCheck();
        onBuild = new ArrayList<>(base.onBuild());
        shell = base.shell();
    }

    /**
     * {@code base} with the instructions applied.
     *
     * @param changes one instruction each, or several lines; comments and continued lines as in a Dockerfile
     */
    public static RunConfig apply(RunConfig base, List<String> changes) throws StorageException.Invalid {
        var result = new ConfigChanges(base);
        int count = 0;
        for (String instruction : instructions(changes)) {
            if (++count > MAX_INSTRUCTIONS) {
                throw new StorageException.Invalid("more than " + MAX_INSTRUCTIONS + " changes");
            }
            result.apply(instruction);
        }
        return result.build();
    }

    private static List<String> instructions(List<String> changes) {
        var instructions = new ArrayList<String>();
        var current = new StringBuilder();
        for (String line : String.join("\n", changes).split("\r?\n", -1)) {
            if (line.stripLeading().startsWith("#")) {
                continue;
            }
            if (line.endsWith("\\")) {
                current.append(line, 0, line.length() - 1);
                continue;
            }
            current.append(line);
            if (!current.toString().isBlank()) {
                instructions.add(current.toString().strip());
            }
            current.setLength(0);
        }
        if (!current.toString().isBlank()) {
            instructions.add(current.toString().strip());
        }
        return instructions;
    }

    private void apply(String instruction) throws StorageException.Invalid {
        String[] parts = instruction.split("[ \t]+", 2);
        String name = parts[0].toUpperCase(Locale.ROOT);
        String rest = parts.length < 2 ? "" : parts[1].strip();
        switch (name) {
            case "CMD" -> {
                command = commandOf(rest);
                commandGiven = true;
            }
            case "ENTRYPOINT" -> {
                entrypoint = commandOf(rest);
                // A new entry point makes an inherited command meaningless; Docker's builder drops it too.
                if (!commandGiven) {
                    command = null;
                }
            }
            case "ENV" -> pairs(name, rest).forEach(environment::put);
            case "LABEL" -> labels.putAll(pairs(name, rest));
            case "EXPOSE" -> {
                for (String port : words(name, rest)) {
                    expose(port);
                }
            }
            case "USER" -> user = one(name, rest);
            case "VOLUME" -> volumes(name, rest);
            case "WORKDIR" -> changeDirectory(one(name, rest));
            case "STOPSIGNAL" -> stopSignal = one(name, rest);
            case "HEALTHCHECK" -> healthCheck = HealthCheckInstruction.parse(rest);
            case "ONBUILD" -> {
                if (rest.isEmpty()) {
                    throw new StorageException.Invalid("ONBUILD requires at least one argument");
                }
                onBuild.add(rest);
            }
            default -> throw new StorageException.Invalid(
                    name.toLowerCase(Locale.ROOT) + " is not a valid change command");
        }
    }

    /** The exec form is a JSON array of strings; everything else is a line for the shell. */
    private List<String> commandOf(String rest) {
        List<String> array = arrayOrNull(rest);
        if (array != null) {
            return array;
        }
        if (rest.isEmpty()) {
            return List.of();
        }
        var words = new ArrayList<>(shell.isEmpty() ? SHELL : shell);
        words.add(rest);
        return List.copyOf(words);
    }

    static List<String> arrayOrNull(String text) {
        if (!text.startsWith("[")) {
            return null;
        }
        try {
            JsonNode node = ConfigJson.any(text.getBytes(StandardCharsets.UTF_8), "array");
            return ConfigJson.strings(node, "array");
        } catch (StorageException.Invalid e) {
            // Docker reads a malformed array as a shell line, with no more than a warning.
            return null;
        }
    }

    private Map<String, String> pairs(String name, String rest) throws StorageException.Invalid {
        List<String> words = Words.split(rest);
        if (words.isEmpty()) {
            throw new StorageException.Invalid(name + " requires at least one argument");
        }
        var pairs = new LinkedHashMap<String, String>();
        if (words.get(0).indexOf('=') < 0) {
            // The old form: one name, then its value up to the end of the line.
            String[] nameAndValue = rest.split("[ \t]+", 2);
            if (nameAndValue.length < 2) {
                throw new StorageException.Invalid(name + " must have two arguments");
            }
            pairs.put(nameAndValue[0], Words.expand(nameAndValue[1], environment));
            return pairs;
        }
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals < 0) {
                throw new StorageException.Invalid(
                        "Syntax error - can't find = in \"" + word + "\". Must be of the form: name=value");
            }
            if (equals == 0) {
                throw new StorageException.Invalid(name + " names can not be blank");
            }
            pairs.put(
                    Words.expand(word.substring(0, equals), environment),
                    Words.expand(word.substring(equals + 1), environment));
        }
        return pairs;
    }

    private List<String> words(String name, String rest) throws StorageException.Invalid {
        if (rest.isEmpty()) {
            throw new StorageException.Invalid(name + " requires at least one argument");
        }
        var expanded = new ArrayList<String>();
        for (String word : Words.split(rest)) {
            expanded.add(Words.expand(word, environment));
        }
        return expanded;
    }

    private String one(String name, String rest) throws StorageException.Invalid {
        if (rest.isEmpty()) {
            throw new StorageException.Invalid(name + " requires exactly one argument");
        }
        return Words.expand(rest, environment);
    }

    private void expose(String port) throws StorageException.Invalid {
        String[] parts = port.split("/", 2);
        String protocol = parts.length < 2 ? "tcp" : parts[1].toLowerCase(Locale.ROOT);
        String[] range = parts[0].split("-", 2);
        int first = portNumber(range[0], port);
        int last = range.length < 2 ? first : portNumber(range[1], port);
        boolean known = protocol.equals("tcp") || protocol.equals("udp") || protocol.equals("sctp");
        if (!known || last < first || last - first >= MAX_PORT_RANGE) {
            throw new StorageException.Invalid("invalid containerPort: " + port);
        }
        for (int number = first; number <= last; number++) {
            exposedPorts.add(number + "/" + protocol);
        }
    }

    private static int portNumber(String text, String port) throws StorageException.Invalid {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65535) {
            throw new StorageException.Invalid("invalid containerPort: " + port);
        }
        return Integer.parseInt(text);
    }

    private void volumes(String name, String rest) throws StorageException.Invalid {
        List<String> paths = arrayOrNull(rest);
        for (String path : paths == null ? words(name, rest) : paths) {
            if (path.isBlank()) {
                throw new StorageException.Invalid("VOLUME specified can not be an empty string");
            }
            volumes.add(path.strip());
        }
    }

    private void changeDirectory(String path) {
        String joined = path.startsWith("/") ? path : workingDirectory + "/" + path;
        var names = new ArrayList<String>();
        for (String name : joined.split("/")) {
            if (name.equals("..") && !names.isEmpty()) {
                names.remove(names.size() - 1);
            } else if (!name.isEmpty() && !name.equals(".") && !name.equals("..")) {
                names.add(name);
            }
        }
        workingDirectory = "/" + String.join("/", names);
    }

    private RunConfig build() {
        var variables = new ArrayList<String>();
        environment.forEach((name, value) -> variables.add(name + "=" + value));
        return new RunConfig(
                user,
                List.copyOf(variables),
                entrypoint,
                command,
                workingDirectory,
                Collections.unmodifiableMap(new LinkedHashMap<>(labels)),
                exposedPorts.stream().sorted().toList(),
                volumes.stream().sorted().toList(),
                stopSignal,
                healthCheck,
                List.copyOf(onBuild),
                shell);
    }
}
