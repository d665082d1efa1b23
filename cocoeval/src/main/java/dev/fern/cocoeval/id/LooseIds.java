package dev.fern.cocoeval.id;

import java.util.stream.LongStream;

/**
 * Finds the image or category that an id means where files write its id as a number in one place
 * and as text in another.
 */
public final class LooseIds {
    private final IdPositions listed;
    private final IdTable table;

    /**
     * Takes the listed ids.
     *
     * @param ids of the images or categories
     * @param table what the ids stand for
     */
    public LooseIds(LongStream ids, IdTable table) {
        listed = new IdPositions(ids.toArray());
        this.table = table;
    }

    /**
     * Tells whether an id is listed.
     *
     * @param id as records hold it
     * @return whether it is listed as it is
     */
    public boolean contains(long id) {
        return listed.contains(id);
    }

    /**
     * Finds the listed id that an id means.
     *
     * @param id as records hold it
     * @return {@link IdTable#NONE} if there is none
     */
    public long find(long id) {
        if (listed.contains(id)) {
            return id;
        }
        long other = table.counterpart(table.value(id));
        return listed.contains(other) ? other : IdTable.NONE;
    }
}
