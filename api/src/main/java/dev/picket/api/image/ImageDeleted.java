package dev.picket.api.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.picket.service.image.ImageDeletion;

/** One line of the answer to a removal. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ImageDeleted(String untagged, String deleted) {
    static ImageDeleted of(ImageDeletion deletion) {
        return new ImageDeleted(deletion.untagged(), deletion.deleted());
    }
}
