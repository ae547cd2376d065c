package dev.picket.storage.erofs;

import static dev.picket.storage.erofs.ErofsFormat.*;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Inode;
import dev.picket.storage.layer.Inode.Directory;
import dev.picket.storage.layer.Inode.Link;
import dev.picket.storage.layer.Inode.RegularFile;
import dev.picket.storage.layer.Inode.SpecialFile;
import dev.picket.storage.layer.Inode.SymbolicLink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Where everything goes in the image. Inodes are numbered breadth first, names in order, so those of one directory are
 * neighbours, and the root comes first: its number has only 16 bits in the superblock.
 */
final class Layout {
    private static final long MAX_BLOCKS = 0xffff_fffeL;

    private final List<Inode> inodes = new ArrayList<>();
    private final IdentityHashMap<Inode, Integer> numbers = new IdentityHashMap<>();
    /** By number: of the parent of a directory, else unused. */
    private int[] parents = new int[1024];

    private int[] linkCounts = new int[1024];
    private long[] offsets;
    private long[] dataBlocks;
    private long metadataEnd;
    private long totalBlocks;

    private Layout() {}

    /** @throws StorageException.Invalid if the image would exceed what 32-bit block numbers reach */
    static Layout of(Directory root) throws StorageException {
        var layout = new Layout();
        layout.number(root);
        layout.place();
        return layout;
    }

    private void number(Directory root) {
        add(root, 0);
        for (int i = 0; i < inodes.size(); i++) {
            if (!(inodes.get(i) instanceof Directory directory)) {
                continue;
            }
            // Its own "."; each subdirectory's ".." and its name in the parent come below.
            linkCounts[i]++;
            for (Link link : directory.links().values()) {
                Integer known = numbers.get(link.inode());
                int number = known == null ? add(link.inode(), i) : known;
                linkCounts[number]++;
                if (link.inode() instanceof Directory) {
                    linkCounts[i]++;
                }
            }
        }
        // The root has no name, but its ".." is itself.
        linkCounts[0]++;
    }

    private int add(Inode inode, int parent) {
        int number = inodes.size();
        if (number == parents.length) {
            parents = Arrays.copyOf(parents, number * 2);
            linkCounts = Arrays.copyOf(linkCounts, number * 2);
        }
        inodes.add(inode);
        numbers.put(inode, number);
        parents[number] = parent;
        return number;
    }

    private void place() throws StorageException {
        offsets = new long[inodes.size()];
        dataBlocks = new long[inodes.size()];
        long offset = EROFS_SUPER_OFFSET + SUPER_BYTES;
        for (int i = 0; i < inodes.size(); i++) {
            int head = headBytes(i);
            int tail = inlineBytes(i);
            long room = BLOCK_BYTES - offset % BLOCK_BYTES;
            // Inline data must not cross a block's end; nor should an inode, though readers can cope.
            if (tail > 0 ? head + tail > room : INODE_BYTES > room) {
                offset = roundUp(offset, BLOCK_BYTES);
            }
            offsets[i] = offset;
            offset = roundUp(offset + head + tail, SLOT_BYTES);
        }
        metadataEnd = roundUp(offset, BLOCK_BYTES);
        long block = metadataEnd >> BLOCK_BITS;
        block = placeData(block, true);
        totalBlocks = placeData(block, false);
    }

    private long placeData(long firstBlock, boolean directories) throws StorageException {
        long block = firstBlock;
        for (int i = 0; i < inodes.size(); i++) {
            if (inodes.get(i) instanceof Directory != directories) {
                continue;
            }
            long blocks = blocks(sizeBytes(i) - inlineBytes(i));
            dataBlocks[i] = blocks == 0 ? NULL_ADDR : block;
            block += blocks;
            if (block > MAX_BLOCKS) {
                throw new StorageException.Invalid("the image's files exceed what a file system of 4 KiB blocks holds");
            }
        }
        return block;
    }

    int count() {
        return inodes.size();
    }

    Inode inode(int number) {
        return inodes.get(number);
    }

    int linkCount(int number) {
        return linkCounts[number];
    }

    /** Where the inode is in the image. */
    long offset(int number) {
        return offsets[number];
    }

    long nid(int number) {
        return offsets[number] / SLOT_BYTES;
    }

    /** The first block of an inode's data, {@link ErofsFormat#NULL_ADDR} if it has none. */
    long dataBlock(int number) {
        return dataBlocks[number];
    }

    /** Where the metadata ends; a block's start. */
    long metadataEnd() {
        return metadataEnd;
    }

    long totalBlocks() {
        return totalBlocks;
    }

    /** The inode and its extended attributes. */
    int headBytes(int number) {
        return INODE_BYTES + Xattrs.sizeBytes(inodes.get(number).attributes().xattrs());
    }

    /** The i_size of an inode. */
    long sizeBytes(int number) {
        Inode inode = inodes.get(number);
        if (inode instanceof RegularFile file) {
            return file.data().sizeBytes();
        }
        if (inode instanceof SymbolicLink link) {
            return link.target().length();
        }
        return inode instanceof Directory directory ? DirectoryBlocks.sizeBytes(names(directory)) : 0;
    }

    /** How much of an inode's data sits behind it; 0 if all is in blocks. */
    int inlineBytes(int number) {
        Inode inode = inodes.get(number);
        if (inode instanceof RegularFile || inode instanceof SpecialFile) {
            return 0;
        }
        int tail = (int) (sizeBytes(number) % BLOCK_BYTES);
        return headBytes(number) + tail <= BLOCK_BYTES ? tail : 0;
    }

    /** The entries of a directory, {@code .} and {@code ..} among them. */
    List<DirectoryBlocks.Entry> entries(int number) {
        var directory = (Directory) inodes.get(number);
        var entries = new ArrayList<DirectoryBlocks.Entry>();
        for (String name : names(directory)) {
            Link link = directory.links().get(name);
            int target =
                    switch (name) {
                        case "." -> number;
                        case ".." -> parents[number];
                        default -> numbers.get(link.inode());
                    };
            entries.add(new DirectoryBlocks.Entry(name, nid(target), fileType(inodes.get(target))));
        }
        return entries;
    }

    /** The names in order with the two that every directory has; these do not always come first: {@code -} is less. */
    private static Iterable<String> names(Directory directory) {
        Map<String, Link> links = directory.links();
        return () -> new Iterator<>() {
            private final Iterator<String> dots = new TreeSet<>(List.of(".", "..")).iterator();
            private final Iterator<String> names = links.keySet().iterator();
            private String dot = dots.next();
            private String name = names.hasNext() ? names.next() : null;

            @Override
            public boolean hasNext() {
                return dot != null || name != null;
            }

            @Override
            public String next() {
                String result;
                if (name == null || dot != null && dot.compareTo(name) < 0) {
                    result = dot;
                    dot = dots.hasNext() ? dots.next() : null;
                } else {
                    result = name;
                    name = names.hasNext() ? names.next() : null;
                }
                return result;
            }
        };
    }

    private static int fileType(Inode inode) {
        if (inode instanceof RegularFile) {
            return EROFS_FT_REG_FILE;
        }
        if (inode instanceof Directory) {
            return EROFS_FT_DIR;
        }
        if (inode instanceof SymbolicLink) {
            return EROFS_FT_SYMLINK;
        }
        return switch (((SpecialFile) inode).kind()) {
            case CHARACTER_DEVICE -> EROFS_FT_CHRDEV;
            case BLOCK_DEVICE -> EROFS_FT_BLKDEV;
            case FIFO -> EROFS_FT_FIFO;
        };
    }
}
