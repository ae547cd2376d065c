package dev.picket.sentry.fs.host;

import java.util.LinkedHashMap;
import java.util.Map;

/** The directories that were used last, open: a guest can walk a whole tree, but the host's descriptors are few. */
final class DescriptorCache {
    private final int capacity;
    private final LinkedHashMap<HostDirectory, Descriptor> descriptors = new LinkedHashMap<>(64, 0.75f, true);

    DescriptorCache(int capacity) {
        this.capacity = capacity;
    }

    /** The directory's descriptor with one more user, or null if it is not open. */
    synchronized Descriptor get(HostDirectory directory) {
        Descriptor descriptor = descriptors.get(directory);
        return descriptor != null && descriptor.retain() ? descriptor : null;
    }

    /** Keeps a descriptor open, as one more of its users. */
    synchronized void keep(HostDirectory directory, Descriptor descriptor) {
        descriptor.retain();
        Descriptor old = descriptors.put(directory, descriptor);
        if (old != null) {
            old.release();
        }
        while (descriptors.size() > capacity) {
            Map.Entry<HostDirectory, Descriptor> eldest =
                    descriptors.entrySet().iterator().next();
            descriptors.remove(eldest.getKey());
            eldest.getValue().release();
        }
    }
}
