package dev.picket.sentry.fs.proc;

/** Sets of the first N CPUs, as the kernel writes them. */
final class CpuLists {
    private CpuLists() {}

    /** {@code 0-3}, or {@code 0}. */
    static String list(int cpus) {
        return cpus <= 1 ? "0" : "0-" + (cpus - 1);
    }

    /** {@code f}; beyond 32 CPUs in groups of eight digits. */
    static String mask(int cpus) {
        var text = new StringBuilder();
        for (int low = (Math.max(1, cpus) - 1) / 32 * 32; low >= 0; low -= 32) {
            int here = Math.min(32, Math.max(1, cpus) - low);
            long bits = here == 32 ? 0xffffffffL : (1L << here) - 1;
            text.append(text.length() == 0 ? Long.toHexString(bits) : String.format(",%08x", bits));
        }
        return text.toString();
    }
}
