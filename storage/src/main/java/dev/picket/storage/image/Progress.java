package dev.picket.storage.image;

/** Told how receiving an archive goes; called often, by the thread that receives. */
@FunctionalInterface
public interface Progress {
    /** For when nobody wants to know. */
    Progress NONE = (stage, item, doneBytes, totalBytes) -> {};

    /**
     * @param item what it is about: a layer's short digest or a name; may be empty
     * @param totalBytes 0 if it is not known
     */
    void report(Stage stage, String item, long doneBytes, long totalBytes);

    /** What is being done. */
    enum Stage {
        /** The archive comes in. */
        RECEIVING,
        /** A layer of it is decompressed and checked. */
        UNPACKING,
        /** The image's file system is written. */
        BUILDING
    }
}
