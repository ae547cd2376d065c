package dev.picket.storage.erofs;

import static dev.picket.storage.erofs.ErofsFormat.*;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.FileData;
import dev.picket.storage.layer.FileTree;
import dev.picket.storage.layer.Inode;
import dev.picket.storage.layer.Inode.Attributes;
import dev.picket.storage.layer.Inode.Directory;
import dev.picket.storage.layer.Inode.RegularFile;
import dev.picket.storage.layer.Inode.SpecialFile;
import dev.picket.storage.layer.Inode.SymbolicLink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/** Writes one image. */
public final class ErofsWriter {
    private static final int UUID_BYTES = 16;

    private final Layout layout;
    private final ImageOutput output;
    private final LongConsumer progress;

    private ErofsWriter(Layout layout, ImageOutput output, LongConsumer progress) {
        this.layout = layout;
        this.output = output;
        this.progress = progress;
    }

    /**
     * Writes {@code tree} into {@code file}, which is empty; does not sync it.
     *
     * @param uuid 16 bytes that tell this file system from others
     * @param progress is told the bytes written so far, now and then
     */
    public static void write(FileTree tree, byte[] uuid, FileChannel file, LongConsumer progress)
            throws IOException, StorageException {
        Layout layout = Layout.of(tree.root());
        var writer = new ErofsWriter(layout, new ImageOutput(file), progress);
        writer.writeMetadata();
        writer.writeDirectories();
        writer.writeFiles();
        writer.output.flush();
        writer.extend(file);
        writer.writeSuperblock(uuid, file);
    }

    private void writeMetadata() throws IOException {
        for (int i = 0; i < layout.count(); i++) {
            output.padTo(layout.offset(i));
            Inode inode = layout.inode(i);
            ByteBuffer out = output.room(layout.headBytes(i));
            writeInode(i, inode, out);
            Xattrs.write(inode.attributes().xattrs(), out);
            if (layout.inlineBytes(i) > 0) {
                byte[] data = content(i, inode);
                int inline = layout.inlineBytes(i);
                output.room(inline).put(data, data.length - inline, inline);
            }
        }
        output.padTo(layout.metadataEnd());
        progress.accept(output.position());
    }

    /**
     * An extended inode:
     *
     * <pre>
     *  0 format (2)  2 xattr_icount (2)  4 mode (2)  6 reserved (2)  8 size (8)
     * 16 block or device (4)  20 ino (4)  24 uid (4)  28 gid (4)
     * 32 mtime (8)  40 mtime_nsec (4)  44 nlink (4)  48 reserved (16)
     * </pre>
     */
    private void writeInode(int number, Inode inode, ByteBuffer out) {
        Attributes attributes = inode.attributes();
        int dataLayout = layout.inlineBytes(number) > 0 ? EROFS_INODE_FLAT_INLINE : EROFS_INODE_FLAT_PLAIN;
        out.putShort((short) (EROFS_INODE_LAYOUT_EXTENDED | dataLayout << 1));
        out.putShort((short) Xattrs.icount(Xattrs.sizeBytes(attributes.xattrs())));
        out.putShort((short) (fileTypeBits(inode) | attributes.permissions()));
        out.putShort((short) 0);
        out.putLong(layout.sizeBytes(number));
        out.putInt(inode instanceof SpecialFile special ? device(special) : (int) layout.dataBlock(number));
        out.putInt(number + 1);
        out.putInt(attributes.uid());
        out.putInt(attributes.gid());
        out.putLong(attributes.mtimeSeconds());
        out.putInt(attributes.mtimeNanos());
        out.putInt(layout.linkCount(number));
        out.putLong(0);
        out.putLong(0);
    }

    private static int fileTypeBits(Inode inode) {
        if (inode instanceof RegularFile) {
            return S_IFREG;
        }
        if (inode instanceof Directory) {
            return S_IFDIR;
        }
        if (inode instanceof SymbolicLink) {
            return S_IFLNK;
        }
        return switch (((SpecialFile) inode).kind()) {
            case CHARACTER_DEVICE -> S_IFCHR;
            case BLOCK_DEVICE -> S_IFBLK;
            case FIFO -> S_IFIFO;
        };
    }

    /** Linux's new_encode_dev. */
    private static int device(SpecialFile special) {
        return special.minor() & 0xff | special.major() << 8 | (special.minor() & ~0xff) << 12;
    }

    /** The whole content of a directory or symbolic link. */
    private byte[] content(int number, Inode inode) {
        if (inode instanceof SymbolicLink link) {
            return link.target().getBytes(StandardCharsets.ISO_8859_1);
        }
        ByteBuffer out =
                ByteBuffer.allocate(Math.toIntExact(layout.sizeBytes(number))).order(ByteOrder.LITTLE_ENDIAN);
        DirectoryBlocks.write(layout.entries(number), out);
        return out.array();
    }

    private void writeDirectories() throws IOException {
        for (int i = 0; i < layout.count(); i++) {
            Inode inode = layout.inode(i);
            if (inode instanceof Directory && layout.dataBlock(i) != NULL_ADDR) {
                byte[] data = content(i, inode);
                writeInBlocks(i, data, data.length - layout.inlineBytes(i));
            }
        }
    }

    private void writeInBlocks(int number, byte[] data, int length) throws IOException {
        output.padTo(layout.dataBlock(number) << BLOCK_BITS);
        for (int at = 0; at < length; at += BLOCK_BYTES) {
            int now = Math.min(BLOCK_BYTES, length - at);
            output.room(now).put(data, at, now);
        }
    }

    /** Regular files, and symbolic links too long to sit behind their inode together with their attributes. */
    private void writeFiles() throws IOException {
        for (int i = 0; i < layout.count(); i++) {
            if (layout.dataBlock(i) == NULL_ADDR) {
                continue;
            }
            Inode inode = layout.inode(i);
            if (inode instanceof RegularFile file) {
                writeFile(layout.dataBlock(i) << BLOCK_BITS, file.data());
                progress.accept(output.position());
            } else if (inode instanceof SymbolicLink) {
                byte[] target = content(i, inode);
                writeInBlocks(i, target, target.length);
            }
        }
    }

    private void writeFile(long start, FileData data) throws IOException {
        for (int range = 0; range < data.rangeCount(); range++) {
            output.padTo(start + data.rangeOffset(range));
            long length = data.rangeLengthBytes(range);
            long done = 0;
            while (done < length) {
                int now = (int) Math.min(length - done, output.maxRoomBytes());
                ByteBuffer out = output.room(now);
                int limit = out.limit();
                out.limit(out.position() + now);
                data.read(range, done, out);
                out.limit(limit);
                done += now;
            }
        }
    }

    /** Makes the last file's padding, or hole, part of the image. */
    private void extend(FileChannel file) throws IOException {
        long length = layout.totalBlocks() << BLOCK_BITS;
        if (file.size() < length) {
            file.write(ByteBuffer.allocate(1), length - 1);
        }
    }

    /**
     * The superblock:
     *
     * <pre>
     *  0 magic  4 checksum  8 feature_compat  12 blkszbits (1)  13 sb_extslots (1)  14 root_nid (2)  16 inos (8)
     * 24 build_time (8)  32 build_time_nsec  36 blocks  40 meta_blkaddr  44 xattr_blkaddr  48 uuid (16)
     * 64 volume_name (16)  80 feature_incompat ... 128
     * </pre>
     */
    private void writeSuperblock(byte[] uuid, FileChannel file) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (block.hasRemaining()) {
            if (file.read(block, block.position()) < 0) {
                throw new IllegalStateException("the image is shorter than a block");
            }
        }
        int at = EROFS_SUPER_OFFSET;
        block.putInt(at, EROFS_SUPER_MAGIC_V1);
        block.putInt(at + 8, EROFS_FEATURE_COMPAT_SB_CHKSUM | EROFS_FEATURE_COMPAT_MTIME);
        block.put(at + 12, (byte) BLOCK_BITS);
        block.putShort(at + 14, (short) layout.nid(0));
        block.putLong(at + 16, layout.count());
        block.putInt(at + 36, (int) layout.totalBlocks());
        block.put(at + 48, uuid, 0, UUID_BYTES);
        // The checksum covers the rest of the block, with its own field zero, and is CRC-32C without the last
        // inversion.
        var checksum = new CRC32C();
        checksum.update(block.array(), at, BLOCK_BYTES - at);
        block.putInt(at + 4, ~(int) checksum.getValue());
        block.rewind();
        while (block.hasRemaining()) {
            file.write(block, block.position());
        }
    }
}
