package dev.picket.sentry.fs.proc;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What /proc/cpuinfo says of a CPU. A guest can ask the CPU itself what it is (cpuid), so this is the host's, but for what
 * the Sentry does not offer and what tells how many CPUs the host has.
 */
public final class ProcessorDescription {
    /** Told per CPU of the sandbox instead. */
    private static final Set<String> NUMBERED =
            Set.of("processor", "physical id", "siblings", "core id", "cpu cores", "apicid", "initial apicid");

    /** Extensions whose state the Sentry does not carry across signals and switches. */
    private static final String LEFT_OUT = "amx_";

    /** Host software that is nobody's business: a guest's kernel runs on no hypervisor of theirs. */
    private static final Set<String> LEFT_OUT_FLAGS = Set.of("hypervisor", "ospke", "pku", "shstk", "user_shstk");

    private final Map<String, String> fields;

    private ProcessorDescription(Map<String, String> fields) {
        this.fields = fields;
    }

    /**
     * Reads the first CPU out of the host's /proc/cpuinfo, which the worker reads before it confines itself.
     *
     * @param hostCpuInfo the file's text; if it is empty only what every CPU of the architecture has is shown
     */
    public static ProcessorDescription parse(String hostCpuInfo) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line : hostCpuInfo.split("\n")) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                if (!fields.isEmpty()) {
                    break; // a blank line ends the first CPU
                }
                continue;
            }
            String name = line.substring(0, colon).trim();
            String value = line.substring(colon + 1).trim();
            if (!NUMBERED.contains(name) && !name.startsWith("vmx")) {
                fields.put(name, name.equals("flags") ? withoutHidden(value) : value);
            }
        }
        fields.putIfAbsent("flags", "fpu tsc cx8 cmov mmx fxsr sse sse2 syscall lm");
        return new ProcessorDescription(fields);
    }

    private static String withoutHidden(String flags) {
        return Stream.of(flags.split(" "))
                .filter(flag -> !flag.startsWith(LEFT_OUT) && !LEFT_OUT_FLAGS.contains(flag))
                .collect(Collectors.joining(" "));
    }

    /** Appends the paragraph about CPU {@code number} of {@code count}. */
    void write(int number, int count, StringBuilder text) {
        line(text, "processor", Integer.toString(number));
        boolean numbered = false;
        for (var field : fields.entrySet()) {
            // Linux tells where a CPU is right before it tells what it can.
            if (!numbered && (field.getKey().equals("fpu") || field.getKey().equals("flags"))) {
                numbered = true;
                line(text, "physical id", "0");
                line(text, "siblings", Integer.toString(count));
                line(text, "core id", Integer.toString(number));
                line(text, "cpu cores", Integer.toString(count));
                line(text, "apicid", Integer.toString(number));
                line(text, "initial apicid", Integer.toString(number));
            }
            line(text, field.getKey(), field.getValue());
        }
        text.append('\n');
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name)
                .append(name.length() < 8 ? "\t\t: " : "\t: ")
                .append(value)
                .append('\n');
    }
}
