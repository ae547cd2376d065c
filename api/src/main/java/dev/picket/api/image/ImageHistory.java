package dev.picket.api.image;

import dev.picket.service.image.Image;
import java.util.List;

/** One line of an image's history. Picket keeps none beyond the image itself. */
public record ImageHistory(String id, long created, String createdBy, List<String> tags, long size, String comment) {
    static List<ImageHistory> of(Image image) {
        return List.of(new ImageHistory(
                image.id(),
                image.created().getEpochSecond(),
                "",
                image.tags().isEmpty() ? null : image.tags(),
                image.sizeBytes(),
                image.comment() == null ? "" : image.comment()));
    }
}
