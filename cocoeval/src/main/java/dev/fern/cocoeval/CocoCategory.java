package dev.fern.cocoeval;

import java.util.Objects;

/**
 * One kind of object: an entry of {@code categories}.
 *
 * @param id the category's id; ids may have gaps, as COCO's own have
 * @param name empty where the file gives none
 * @param supercategory empty where the file gives none
 */
public record CocoCategory(long id, String name, String supercategory) {
    /**
     * Makes an entry.
     *
     * @param id unique in a sound data set
     * @param name not null
     * @param supercategory not null
     */
    public CocoCategory {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(supercategory, "supercategory");
    }
}
