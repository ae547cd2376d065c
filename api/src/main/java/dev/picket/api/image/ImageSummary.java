package dev.picket.api.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.image.Image;
import java.util.List;
import java.util.Map;

/** An image in a list. */
public record ImageSummary(
        @JsonProperty("Id") String id,
        String parentId,
        List<String> repoTags,
        List<String> repoDigests,
        long created,
        long size,
        long sharedSize,
        long virtualSize,
        Map<String, String> labels,
        long containers) {

    /** @param containers how many containers were made from it, or -1 if nobody counted */
    public static ImageSummary of(Image image, long containers) {
        return new ImageSummary(
                image.id(),
                "",
                image.tags(),
                image.digests(),
                image.created().getEpochSecond(),
                image.sizeBytes(),
                -1,
                image.sizeBytes(),
                image.configuration().labels(),
                containers);
    }
}
