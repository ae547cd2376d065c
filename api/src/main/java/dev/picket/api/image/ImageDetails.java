package dev.picket.api.image;

import dev.picket.service.image.Image;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An image as inspect shows it. */
public record ImageDetails(
        String id,
        List<String> repoTags,
        List<String> repoDigests,
        String parent,
        String comment,
        String created,
        String dockerVersion,
        String author,
        Configuration config,
        String architecture,
        String os,
        long size,
        long virtualSize,
        GraphDriver graphDriver,
        @com.fasterxml.jackson.annotation.JsonProperty("RootFS") RootFileSystem rootFileSystem,
        Map<String, String> metadata) {

    /** What containers of the image start from. */
    public record Configuration(
            String hostname,
            String domainname,
            String user,
            boolean attachStdin,
            boolean attachStdout,
            boolean attachStderr,
            Map<String, Object> exposedPorts,
            boolean tty,
            boolean openStdin,
            boolean stdinOnce,
            List<String> env,
            List<String> cmd,
            String image,
            Map<String, Object> volumes,
            String workingDir,
            List<String> entrypoint,
            List<String> onBuild,
            Map<String, String> labels,
            String stopSignal) {}

    /** Where Docker would say which storage driver holds it. */
    public record GraphDriver(Map<String, String> data, String name) {}

    /** Its layers. */
    public record RootFileSystem(String type, List<String> layers) {}

    /** The details of an image. */
    public static ImageDetails of(Image image) {
        var configuration = image.configuration();
        return new ImageDetails(
                image.id(),
                image.tags(),
                image.digests(),
                "",
                nonNull(image.comment()),
                image.created().toString(),
                "",
                nonNull(image.author()),
                new Configuration(
                        "",
                        "",
                        configuration.user(),
                        false,
                        false,
                        false,
                        set(configuration.exposedPorts()),
                        false,
                        false,
                        false,
                        configuration.environment(),
                        configuration.command(),
                        "",
                        set(configuration.volumes()),
                        configuration.workingDirectory(),
                        configuration.entrypoint(),
                        null,
                        configuration.labels(),
                        configuration.stopSignal()),
                image.architecture(),
                image.operatingSystem(),
                image.sizeBytes(),
                image.sizeBytes(),
                new GraphDriver(Map.of(), "picket"),
                new RootFileSystem("layers", image.diffIds()),
                Map.of("LastTagTime", "0001-01-01T00:00:00Z"));
    }

    /** Go writes a set as an object with empty objects. */
    private static Map<String, Object> set(List<String> names) {
        if (names == null || names.isEmpty()) {
            return null;
        }
        Map<String, Object> set = new TreeMap<>();
        names.forEach(name -> set.put(name, Map.of()));
        return set;
    }

    private static String nonNull(String text) {
        return text == null ? "" : text;
    }
}
