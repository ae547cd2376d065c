package dev.picket.service.image;

/** One line of the answer to a removal: a tag that is gone, or an id; the other is null. */
public record ImageDeletion(String untagged, String deleted) {}
