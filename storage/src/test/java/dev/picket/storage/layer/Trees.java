package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Inode.Directory;
import dev.picket.storage.layer.Inode.Link;
import dev.picket.storage.layer.Inode.RegularFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builds trees from archives in memory, and looks into them, for tests. */
public final class Trees {
    /** Generous for tests, small enough to be reached by them. */
    public static final LayerLimits LIMITS = new LayerLimits(64 << 20, 64 << 20, 10_000, 4 << 20);

    private Trees() {}

    /** The archives' files stay in {@code directory} and open, as the tree reads from them. */
    public static FileTree stack(Path directory, byte[]... layers) throws IOException, StorageException {
        var tree = new FileTree(LIMITS);
        for (byte[] layer : layers) {
            Path file = Files.createTempFile(directory, "layer", ".tar");
            Files.write(file, layer);
            LayerApplier.apply(tree, FileChannel.open(file), true);
        }
        return tree;
    }

    public static Inode find(FileTree tree, String path) {
        Inode inode = tree.root();
        for (String name : path.split("/")) {
            Link link = ((Directory) inode).links().get(name);
            if (link == null) {
                return null;
            }
            inode = link.inode();
        }
        return inode;
    }

    public static String content(FileTree tree, String path) throws IOException {
        try (InputStream stream = ((RegularFile) find(tree, path)).data().stream()) {
            return new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** All paths, in order. */
    public static List<String> paths(FileTree tree) {
        var paths = new ArrayList<String>();
        collect("", tree.root(), paths);
        return paths;
    }

    private static void collect(String prefix, Directory directory, List<String> paths) {
        for (Map.Entry<String, Link> entry : directory.links().entrySet()) {
            String path = prefix + entry.getKey();
            paths.add(path);
            if (entry.getValue().inode() instanceof Directory child) {
                collect(path + "/", child, paths);
            }
        }
    }
}
