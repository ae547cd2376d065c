package dev.picket.api.system;

import dev.picket.api.container.ContainerSummary;
import dev.picket.api.image.ImageSummary;
import dev.picket.service.system.Service;
import java.util.List;
import java.util.Map;

/** Answer of {@code /system/df}. */
public record DiskUsageAnswer(
        long layersSize,
        List<ImageSummary> images,
        List<ContainerSummary> containers,
        List<Object> volumes,
        List<Object> buildCache) {
    static DiskUsageAnswer of(Service service) {
        var images = service.images().list(Map.of());
        return new DiskUsageAnswer(
                images.stream().mapToLong(image -> image.sizeBytes()).sum(),
                images.stream()
                        .map(image -> ImageSummary.of(image, service.images().containers(image.id())))
                        .toList(),
                service.containers().list(Map.of(), true, 0).stream()
                        .map(ContainerSummary::of)
                        .toList(),
                List.of(),
                List.of());
    }
}
