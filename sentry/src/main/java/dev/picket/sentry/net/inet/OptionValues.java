package dev.picket.sentry.net.inet;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** The values of a level's options that are numbers, each within its bounds. Any thread may call. */
final class OptionValues {
    private static final int MAXIMUM_OPTIONS = 128;

    /** Which options a level has. */
    static final class Kinds {
        private final Map<Integer, Kind> byOption = new HashMap<>();

        /** An option that is on or off. */
        Kinds addSwitch(int option, boolean initial) {
            byOption.put(option, new Kind(0, 1, initial ? 1 : 0, true));
            return this;
        }

        /** An option that is a number. */
        Kinds add(int option, int minimum, int maximum, int initial) {
            byOption.put(option, new Kind(minimum, maximum, initial, false));
            return this;
        }
    }

    private record Kind(int minimum, int maximum, int initial, boolean isSwitch) {}

    private final Kinds kinds;
    private final AtomicIntegerArray values = new AtomicIntegerArray(MAXIMUM_OPTIONS);

    OptionValues(Kinds kinds) {
        this.kinds = kinds;
        kinds.byOption.forEach((option, kind) -> values.set(option, kind.initial));
    }

    boolean has(int option) {
        return kinds.byOption.containsKey(option);
    }

    /** Sets an option that there is; EINVAL if the value is out of bounds. */
    void set(int option, int value) throws ErrnoException {
        var kind = kinds.byOption.get(option);
        if (kind.isSwitch) {
            values.set(option, value != 0 ? 1 : 0);
            return;
        }
        if (value < kind.minimum || value > kind.maximum) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        values.set(option, value);
    }

    /** The value of an option that there is. */
    int get(int option) {
        return values.get(option);
    }

    boolean isOn(int option) {
        return values.get(option) != 0;
    }

    void reset(int option) {
        values.set(option, kinds.byOption.get(option).initial);
    }

    void inherit(OptionValues other) {
        for (int option : kinds.byOption.keySet()) {
            values.set(option, other.get(option));
        }
    }
}
