package dev.picket.storage.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.Storage;
import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.TarBuilder;
import dev.picket.storage.layer.Trees;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.ImagePlatform;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
    private static final Instant NOW = Instant.parse("2025-05-05T05:05:05Z");

    @TempDir
    Path temporary;

    private Storage storage;
    private Images images;

    @BeforeEach
    void open() throws Exception {
        var settings =
                new Storage.Settings(temporary.resolve("data"), Trees.LIMITS, true, Clock.fixed(NOW, ZoneOffset.UTC));
        storage = Storage.open(settings);
        images = storage.images();
    }

    @AfterEach
    void close() throws Exception {
        storage.close();
    }

    private static InputStream stream(byte[] bytes) {
        return new ByteArrayInputStream(bytes);
    }

    private static byte[] rootFs(String content) {
        return new TarBuilder().directory("etc", 0755).file("etc/motd", content).build();
    }

    private Image imported(String name, String content) throws StorageException {
        return images.importTar(ImportRequest.named(name), stream(rootFs(content)), Progress.NONE);
    }

    /** Files in the store, whatever they are. */
    private List<String> stored() throws IOException {
        try (Stream<Path> files = Stream.of("staging", "blobs", "roots")
                .map(temporary.resolve("data")::resolve)
                .flatMap(ImagesTest::walk)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    private static Stream<Path> walk(Path directory) {
        try {
            return Files.walk(directory);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void an_imported_archive_is_an_image() throws Exception {
        var request = new ImportRequest(
                "busybox:1", List.of("CMD [\"sh\"]", "ENV A=b"), "from a test", ImagePlatform.LINUX_AMD64);
        var received = new AtomicLong();
        Image image = images.importTar(request, stream(rootFs("hi")), (stage, item, done, total) -> {
            if (stage == Progress.Stage.RECEIVING) {
                received.set(done);
            }
        });

        assertEquals(List.of("busybox:1"), image.repoTags());
        assertEquals(List.of("sh"), image.config().run().command());
        assertEquals("from a test", image.config().history().get(0).comment());
        assertEquals(NOW, image.added());
        assertEquals(2, image.sizeBytes());
        assertEquals(rootFs("hi").length, received.get());
        assertEquals(Digest.of(images.configJson(image.id())), image.id());
        var root = assertInstanceOf(ImageRoot.ErofsFile.class, images.root(image.id()));
        assertTrue(Files.size(root.path()) > 0);
        assertEquals(
                List.of(),
                walk(temporary.resolve("data/staging"))
                        .filter(Files::isRegularFile)
                        .toList());
    }

    @Test
    void images_are_found_by_name_digest_and_part_of_the_id() throws Exception {
        Image image = imported("busybox", "hi");

        for (String name : List.of(
                "busybox",
                "busybox:latest",
                "docker.io/library/busybox",
                image.id().hex(),
                image.id().toString(),
                image.id().shortHex(),
                "sha256:" + image.id().shortHex())) {
            assertEquals(image, images.inspect(name), name);
        }
        assertEquals("No such image: nosuch:latest", notFound("nosuch"));
        assertEquals("No such image: busybox:2", notFound("busybox:2"));
        notFound("f".repeat(64));
        notFound("sha256:" + "f".repeat(63));
        assertThrows(StorageException.Invalid.class, () -> images.inspect("No Such"));
    }

    private String notFound(String name) {
        return assertThrows(StorageException.NotFound.class, () -> images.inspect(name))
                .getMessage();
    }

    @Test
    void images_survive_a_restart() throws Exception {
        Image image = imported("busybox", "hi");
        storage.close();
        open();

        assertEquals(image, images.inspect("busybox"));
        assertTrue(Files.exists(((ImageRoot.ErofsFile) images.root(image.id())).path()));
    }

    @Test
    void a_lost_file_system_is_made_again() throws Exception {
        Image image = imported("busybox", "hi");
        Path root = ((ImageRoot.ErofsFile) images.root(image.id())).path();
        byte[] before = Files.readAllBytes(root);
        Files.delete(root);

        images.root(image.id());
        assertEquals(Digest.of(before), Digest.of(Files.readAllBytes(root)));
    }

    @Test
    void hostile_archives_leave_nothing_behind() throws Exception {
        var whole = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(whole)) {
            gzip.write(rootFs("hi"));
        }
        var bomb = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bomb)) {
            for (int i = 0; i < 80; i++) {
                gzip.write(new byte[1 << 20]);
            }
        }
        byte[] truncated = Arrays.copyOf(rootFs("hi"), 700);
        for (byte[] archive : List.of(
                new TarBuilder().file("../../etc/cron.d/evil", "x").build(),
                new TarBuilder().hardLink("x", "/etc/shadow").build(),
                truncated,
                Arrays.copyOf(whole.toByteArray(), whole.size() - 9),
                bomb.toByteArray(),
                "<html>not found</html>".getBytes(),
                new byte[0])) {
            assertThrows(
                    StorageException.Invalid.class,
                    () -> images.importTar(ImportRequest.named("evil"), stream(archive), Progress.NONE));
            assertThrows(StorageException.Invalid.class, () -> images.load(stream(archive), Progress.NONE));
            assertEquals(List.of(), stored());
        }
        assertFalse(Files.exists(Path.of("/etc/cron.d/evil")));
        assertEquals(1, images.list().size());
        imported("fine", "still works");
    }

    @Test
    void a_connection_that_breaks_leaves_nothing_behind() throws Exception {
        var breaking = new InputStream() {
            private int at;

            @Override
            public int read() throws IOException {
                if (at == 600) {
                    throw new IOException("connection reset");
                }
                return rootFs("hi")[at++] & 0xff;
            }
        };

        assertThrows(
                StorageException.Failed.class,
                () -> images.importTar(ImportRequest.named("x"), breaking, Progress.NONE));
        assertEquals(List.of(), stored());
    }

    @Test
    void bad_names_and_changes_are_refused_before_anything_is_read() {
        var unread = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("read");
            }
        };

        for (ImportRequest request : List.of(
                ImportRequest.named("Upper"),
                ImportRequest.named("a@sha256:" + "0".repeat(64)),
                new ImportRequest("ok", List.of("RUN x"), "", ImagePlatform.LINUX_AMD64))) {
            assertThrows(StorageException.Invalid.class, () -> images.importTar(request, unread, Progress.NONE));
        }
        assertThrows(
                StorageException.Conflict.class,
                () -> images.importTar(ImportRequest.named("host"), unread, Progress.NONE));
    }

    /** As docker save wrote it before version 25: a directory for each layer, links for shared ones. */
    private static byte[] savedArchive() {
        byte[] lower = new TarBuilder().file("a", "lower").file("b", "lower").build();
        byte[] upper = new TarBuilder().file("a", "upper").file(".wh.b", "").build();
        String config = config(lower, upper);
        String other = config(lower);
        return new TarBuilder()
                .file("l1/layer.tar", lower, 0644)
                .file("l2/layer.tar", upper, 0644)
                .symbolicLink("l3/layer.tar", "../l1/layer.tar")
                .file("c1.json", config)
                .file("c2.json", other)
                .file(
                        "manifest.json",
                        "[{\"Config\":\"c1.json\",\"RepoTags\":[\"two:1\",\"two:2\"],"
                                + "\"Layers\":[\"l1/layer.tar\",\"l2/layer.tar\"]},"
                                + "{\"Config\":\"c2.json\",\"RepoTags\":null,\"Layers\":[\"l3/layer.tar\"]}]")
                .build();
    }

    private static String config(byte[]... layers) {
        String ids = String.join(
                ",",
                Arrays.stream(layers)
                        .map(layer -> "\"" + Digest.of(layer) + "\"")
                        .toList());
        return "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"sh\"]},"
                + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + ids + "]}}";
    }

    @Test
    void what_docker_save_wrote_is_loaded() throws Exception {
        List<LoadedImage> loaded = images.load(stream(savedArchive()), Progress.NONE);

        assertEquals(
                List.of("two:1", "two:2", ""),
                loaded.stream()
                        .map(image -> image.name().map(Object::toString).orElse(""))
                        .toList());
        Image two = images.inspect("two:2");
        assertEquals(List.of("two:1", "two:2"), two.repoTags());
        assertEquals(2, two.config().layers().size());
        assertEquals(15, two.sizeBytes());
        // Two layers, two configurations, two file systems: the shared layer is there once.
        assertEquals(6, stored().size());
    }

    private static byte[] ociLayout(String platform, byte[] storedLayer, byte[] layer) {
        String config = config(layer);
        String manifest = "{\"schemaVersion\":2,\"config\":" + descriptor("config.v1+json", config.getBytes())
                + "},\"layers\":[" + descriptor("layer.v1.tar+gzip", storedLayer) + "}]}";
        String inner = "{\"manifests\":[" + descriptor("manifest.v1+json", manifest.getBytes())
                + ",\"platform\":{\"os\":\"linux\",\"architecture\":\"" + platform + "\"}}]}";
        String index = "{\"manifests\":[" + descriptor("index.v1+json", inner.getBytes())
                + ",\"annotations\":{\"io.containerd.image.name\":\"docker.io/library/oci:3\"}}]}";
        var tar = new TarBuilder().file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        for (byte[] blob : List.of(config.getBytes(), manifest.getBytes(), inner.getBytes(), storedLayer)) {
            tar.file("blobs/sha256/" + Digest.of(blob).hex(), blob, 0644);
        }
        return tar.file("index.json", index).build();
    }

    private static String descriptor(String type, byte[] content) {
        return "{\"mediaType\":\"application/vnd.oci.image." + type + "\",\"digest\":\"" + Digest.of(content)
                + "\",\"size\":" + content.length;
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    @Test
    void an_oci_layout_is_loaded() throws Exception {
        byte[] layer = rootFs("oci");
        images.load(stream(gzip(ociLayout("amd64", gzip(layer), layer))), Progress.NONE);

        Image image = images.inspect("oci:3");
        assertEquals(List.of(Digest.of(layer)), image.config().layers());
        assertEquals(1, image.repoDigests().size());
        assertEquals(image.id(), images.inspect(image.repoDigests().get(0)).id());
    }

    @Test
    void an_image_for_another_machine_only_is_refused() throws Exception {
        byte[] layer = rootFs("oci");
        String message = assertThrows(
                        StorageException.Invalid.class,
                        () -> images.load(stream(ociLayout("s390x", gzip(layer), layer)), Progress.NONE))
                .getMessage();

        assertEquals("the image docker.io/library/oci:3 has no form for linux/amd64", message);
    }

    @Test
    void archives_that_contradict_themselves_leave_nothing_behind() throws Exception {
        byte[] layer = rootFs("x");
        byte[] otherLayer = rootFs("y");
        String manifest = "[{\"Config\":\"c.json\",\"RepoTags\":[\"x:1\"],\"Layers\":[\"l.tar\"]}]";
        for (TarBuilder archive : List.of(
                new TarBuilder()
                        .file("manifest.json", manifest)
                        .file("c.json", config(layer))
                        .file("l.tar", otherLayer, 0),
                new TarBuilder()
                        .file("manifest.json", manifest)
                        .file("c.json", config())
                        .file("l.tar", layer, 0),
                new TarBuilder().file("manifest.json", manifest).file("c.json", config(layer)),
                new TarBuilder().file("manifest.json", manifest).file("l.tar", layer, 0),
                new TarBuilder().file("manifest.json", "[]"),
                new TarBuilder().file("manifest.json", "{"),
                new TarBuilder().file("manifest.json", manifest.replace("c.json", "../../etc/passwd")),
                new TarBuilder().symbolicLink("manifest.json", "/etc/passwd"),
                new TarBuilder().symbolicLink("manifest.json", "manifest.json"),
                new TarBuilder().file("something", "else"))) {
            assertThrows(StorageException.Invalid.class, () -> images.load(stream(archive.build()), Progress.NONE));
            assertEquals(List.of(), stored());
        }
        byte[] layout = ociLayout("amd64", gzip(layer), otherLayer);
        assertThrows(StorageException.Invalid.class, () -> images.load(stream(layout), Progress.NONE));
        assertEquals(List.of(), stored());
    }

    @Test
    void deleting_the_last_name_deletes_image_and_content() throws Exception {
        Image image = imported("one", "hi");
        images.tag("one", "two:2");

        assertEquals(List.of(new Deletion.Untagged("one:latest")), images.delete("one", false, ImageUsers.NONE));
        assertEquals(List.of("two:2"), images.inspect(image.id().hex()).repoTags());
        List<Deletion> effects = images.delete("two:2", false, ImageUsers.NONE);
        assertEquals(
                List.of(
                        new Deletion.Untagged("two:2"),
                        new Deletion.Deleted(image.id().toString()),
                        new Deletion.Deleted(image.config().chainId().toString())),
                effects);
        assertEquals(List.of(), stored());
        notFound("two:2");
        notFound(image.id().hex());
    }

    @Test
    void an_id_with_names_in_two_repositories_needs_force() throws Exception {
        Image image = imported("one", "hi");
        images.tag("one", "two");

        String message = assertThrows(
                        StorageException.Conflict.class,
                        () -> images.delete(image.id().hex(), false, ImageUsers.NONE))
                .getMessage();
        assertEquals(
                "conflict: unable to delete " + image.id().shortHex()
                        + " (must be forced) - image is referenced in multiple repositories",
                message);
        assertEquals(4, images.delete(image.id().hex(), true, ImageUsers.NONE).size());
        assertEquals(List.of(), stored());
    }

    @Test
    void images_in_use_are_kept() throws Exception {
        Image image = imported("one", "hi");
        ImageUsers running = id -> List.of(new ImageUsers.User("c".repeat(64), true));
        ImageUsers stopped = id -> List.of(new ImageUsers.User("c".repeat(64), false));

        assertThrows(StorageException.Conflict.class, () -> images.delete("one", false, running));
        assertThrows(StorageException.Conflict.class, () -> images.delete("one", true, running));
        assertThrows(
                StorageException.Conflict.class, () -> images.delete(image.id().hex(), true, running));
        assertThrows(StorageException.Conflict.class, () -> images.delete("one", false, stopped));
        assertEquals(List.of("one:latest"), images.inspect("one").repoTags());
        images.delete("one", true, stopped);
        notFound("one");
    }

    @Test
    void layers_that_others_share_stay() throws Exception {
        images.load(stream(savedArchive()), Progress.NONE);
        Image two = images.inspect("two:1");
        images.delete(two.id().hex(), true, ImageUsers.NONE);

        // The other image's configuration, layer and file system.
        assertEquals(3, stored().size());
    }

    @Test
    void a_name_moves_to_the_image_that_takes_it() throws Exception {
        Image first = imported("same", "one");
        Image second = imported("same", "two");

        assertEquals(second, images.inspect("same"));
        assertEquals(List.of(), images.inspect(first.id().hex()).repoTags());
    }

    @Test
    void content_without_an_image_goes_at_the_start() throws Exception {
        imported("one", "hi");
        Path orphan = temporary.resolve("data/blobs/sha256/" + "0".repeat(64));
        Files.write(orphan, new byte[1]);
        storage.close();
        open();

        assertFalse(Files.exists(orphan));
        assertEquals(3, stored().size());
    }

    @Test
    void the_host_image_is_there_unless_switched_off() throws Exception {
        Image host = images.inspect("host");

        assertTrue(host.builtIn());
        assertEquals(List.of("host:latest"), host.repoTags());
        assertEquals(host, images.inspect(host.id().hex()));
        assertInstanceOf(ImageRoot.HostTree.class, images.root(host.id()));
        assertThrows(StorageException.Conflict.class, () -> images.delete("host", true, ImageUsers.NONE));
        assertThrows(StorageException.Conflict.class, () -> images.tag("host", "host:latest"));
        images.tag("host", "mine");
        assertEquals(host.id(), images.inspect("mine").id());
        images.delete("mine", false, ImageUsers.NONE);
        notFound("mine");
        storage.close();

        var settings =
                new Storage.Settings(temporary.resolve("data"), Trees.LIMITS, false, Clock.fixed(NOW, ZoneOffset.UTC));
        storage = Storage.open(settings);
        images = storage.images();
        notFound("host");
        assertEquals(List.of(), images.list());
    }
}
